package dev.holdfast.chunkstore.chunker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * At stake: deduplication. Equal content must be cut alike whatever the sizes of the reads that
 * brought it, and the speed-up must not move a single cut. Compared with the algorithm as the
 * specification words it, over content of several kinds.
 */
class BuzhashChunkerTest {
  @Test
  void cutsCountersAsTheVectorOfTheSpecificationSays() {
    ByteBuffer counters = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 262_144; i++) {
      counters.putInt(i);
    }
    assertThat(cut(64 << 10, counters.array(), 1 << 20))
        .containsExactly(143_377, 262_144, 262_144, 262_144, 118_767);
  }

  @Test
  void endsChunkOfZerosAtTheMaximum() {
    assertThat(cut(1 << 10, new byte[10_000], 10_000)).containsExactly(4096, 4096, 1808);
  }

  @Test
  void takesNothingFromNothing() {
    assertThat(new BuzhashChunker(1 << 10).scan(new byte[0], 0, 0)).isZero();
  }

  @Test
  void refusesAveragesThatAreNoPowerOfTwoOrOutOfRange() {
    for (int average : new int[] {0, -1, Integer.MIN_VALUE, 512, 3000, 8 << 20}) {
      assertThatThrownBy(() -> new BuzhashChunker(average))
          .isInstanceOf(BackupException.class)
          .hasMessageContaining("average chunk size " + average + ": expected a power of two");
    }
  }

  @Property(tries = 300)
  void cutsLikeTheLiteralAlgorithmWhateverTheBufferBoundaries(
      @ForAll long seed,
      @ForAll @IntRange(min = 10, max = 13) int averageBits,
      @ForAll @IntRange(max = 60_000) int length,
      @ForAll @IntRange(min = 1, max = 5000) int blockBytesMax) {
    Random random = new Random(seed);
    byte[] content = content(random, length);
    int average = 1 << averageBits;
    List<Integer> expected = literal(average, content);
    assertThat(cut(average, content, length)).isEqualTo(expected);
    assertThat(cutInRandomBlocks(average, content, random, blockBytesMax)).isEqualTo(expected);
  }

  @Property(tries = 50)
  void looksAtNothingBeforeThePreviousCut(@ForAll long seed) {
    byte[] content = content(new Random(seed), 40_000);
    List<Integer> all = cut(1 << 10, content, content.length);
    byte[] rest = new byte[content.length - all.getFirst()];
    System.arraycopy(content, all.getFirst(), rest, 0, rest.length);
    assertThat(cut(1 << 10, rest, rest.length)).isEqualTo(all.subList(1, all.size()));
  }

  /** Random bytes, with runs and repetitions as real data has them. */
  private static byte[] content(Random random, int length) {
    byte[] content = new byte[length];
    for (int at = 0; at < length; ) {
      int run = Math.min(length - at, 1 + random.nextInt(6000));
      switch (random.nextInt(3)) {
        case 0 -> {
          byte[] noise = new byte[run];
          random.nextBytes(noise);
          System.arraycopy(noise, 0, content, at, run);
        }
        case 1 -> {
          byte same = (byte) random.nextInt();
          Arrays.fill(content, at, at + run, same);
        }
        default -> {
          for (int i = 0; i < run; i++) {
            content[at + i] = (byte) (i % 61);
          }
        }
      }
      at += run;
    }
    return content;
  }

  private static List<Integer> cut(int average, byte[] content, int blockBytes) {
    return cutBlocks(average, content, () -> blockBytes);
  }

  private static List<Integer> cutInRandomBlocks(
      int average, byte[] content, Random random, int blockBytesMax) {
    return cutBlocks(average, content, () -> random.nextInt(blockBytesMax + 1));
  }

  private static List<Integer> cutBlocks(int average, byte[] content, IntSupplier blockBytes) {
    BuzhashChunker chunker = new BuzhashChunker(average);
    List<Integer> sizes = new ArrayList<>();
    int chunk = 0;
    for (int at = 0; at < content.length; ) {
      int block = Math.min(blockBytes.getAsInt(), content.length - at);
      int cut = chunker.scan(content, at, block);
      int taken = cut == 0 ? block : cut;
      at += taken;
      chunk += taken;
      if (cut > 0) {
        sizes.add(chunk);
        chunk = 0;
      }
    }
    if (chunk > 0) {
      sizes.add(chunk);
    }
    return sizes;
  }

  /** Word for word spec/formats.md §5.2, byte by byte. */
  private static List<Integer> literal(int average, byte[] content) {
    int min = average / 4;
    int max = average * 4;
    int mask = 2 * average - 1;
    byte[] w = new byte[64];
    int h = 0;
    int n = 0;
    List<Integer> sizes = new ArrayList<>();
    for (byte b : content) {
      int i = n & 63;
      if (n < 64) {
        h = Integer.rotateLeft(h, 1) ^ BuzhashChunker.table(b);
        w[i] = b;
        n++;
      } else {
        h = Integer.rotateLeft(h, 1) ^ BuzhashChunker.table(w[i]) ^ BuzhashChunker.table(b);
        w[i] = b;
        n++;
        if (n >= max || (n >= min && Integer.compareUnsigned(h & mask, mask - 2) >= 0)) {
          sizes.add(n);
          h = 0;
          n = 0;
        }
      }
    }
    if (n > 0) {
      sizes.add(n);
    }
    return sizes;
  }
}
