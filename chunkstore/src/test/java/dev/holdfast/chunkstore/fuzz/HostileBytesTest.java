package dev.holdfast.chunkstore.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * At stake: damaged or hostile data is refused, it neither breaks the process nor fills its memory.
 * The same decoders are fuzzed for longer by scripts/fuzz, whose findings become seeds here.
 */
class HostileBytesTest {
  private static final long ALLOCATED_BYTES_MAX = 32L << 20;
  private static final int EDITS_MAX = 8;

  /** Lengths and offsets that decoders compute with. */
  private static final long[] EXTREMES = {
    0, 1, -1, 16, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32
  };

  @ParameterizedTest
  @EnumSource
  void goodDataIsRead(Decoder decoder) throws IOException {
    for (byte[] seed : decoder.seeds()) {
      decoder.decode(seed);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyTruncationIsReadOrRefused(Decoder decoder) throws IOException {
    for (byte[] seed : decoder.seeds()) {
      for (int length = 0; length < seed.length; length += length < 8192 ? 1 : 997) {
        decode(decoder, Arrays.copyOf(seed, length));
      }
    }
  }

  @Property(tries = 2_000)
  void whatWasEditedIsReadOrRefused(@ForAll Decoder decoder, @ForAll long randomSeed)
      throws IOException {
    Random random = new Random(randomSeed);
    List<byte[]> seeds = decoder.seeds();
    byte[] data = seeds.get(random.nextInt(seeds.size())).clone();
    for (int edits = 1 + random.nextInt(EDITS_MAX); edits > 0 && data.length > 0; edits--) {
      data = edited(data, random);
    }
    decode(decoder, data);
  }

  private static byte[] edited(byte[] data, Random random) {
    int at = random.nextInt(data.length);
    switch (random.nextInt(5)) {
      case 0 -> data[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> data[at] = (byte) random.nextInt();
      case 2 -> {
        if (data.length >= Long.BYTES) {
          int place = Math.min(at, data.length - Long.BYTES);
          ByteBuffer.wrap(data)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(place, EXTREMES[random.nextInt(EXTREMES.length)]);
        }
      }
      case 3 -> {
        return Arrays.copyOf(data, at);
      }
      default -> {
        // A piece stands twice: entries, records and headers out of place.
        int length = random.nextInt(data.length - at) + 1;
        String text = new String(data, ISO_8859_1);
        return (text.substring(0, at) + text.substring(at, at + length) + text.substring(at))
            .getBytes(ISO_8859_1);
      }
    }
    return data;
  }

  private static void decode(Decoder decoder, byte[] data) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    FuzzDriver.decodeHostile(decoder, data);
    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .as("bytes allocated for %d bytes of %s", data.length, decoder)
        .isLessThan(ALLOCATED_BYTES_MAX);
  }
}
