package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.holdfast.chunkstore.blob.ChunkBuffers;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** At stake: blocks that are used again never show one client's bytes in another one's body. */
final class WireBodyTest {
  private final ChunkBuffers buffers = new ChunkBuffers(1 << 20, WireBody.BLOCK_BYTES);

  private WireBody.Storage filled(byte[] content, List<Integer> parts) {
    WireBody.Storage storage = new WireBody.Storage(buffers);
    int done = 0;
    for (int part : parts) {
      int length = Math.min(part, content.length - done);
      storage.add(Unpooled.wrappedBuffer(content, done, length));
      done += length;
    }
    storage.add(Unpooled.wrappedBuffer(content, done, content.length - done));
    return storage;
  }

  @Property(tries = 200)
  void bodyIsWhatCameHoweverItWasCut(
      @ForAll @IntRange(max = 300_000) int length,
      @ForAll @Size(max = 8) List<@IntRange(max = 100_000) Integer> parts,
      @ForAll long seed) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    filled(new byte[200_000], List.of()).drop(); // leaves used blocks behind
    WireBody.Storage storage = filled(content, parts);
    assertThat(storage.whole().length()).isEqualTo(length);
    assertThat(storage.whole().bytes()).isEqualTo(content);
    byte[] larger = new byte[length + 10];
    storage.whole().copyTo(larger);
    assertThat(Arrays.copyOf(larger, length)).isEqualTo(content);
    storage.drop();
  }

  @Test
  void bodyCannotBeReadAfterItsAnswer() {
    WireBody.Storage storage = filled(new byte[100_000], List.of());
    WireBody body = storage.whole();
    storage.drop();
    assertThatIllegalStateException().isThrownBy(body::bytes);
  }

  @Test
  void blocksAreGivenBackOnce() {
    WireBody.Storage storage = filled(new byte[WireBody.BLOCK_BYTES], List.of());
    storage.drop();
    storage.drop();
    byte[] first = buffers.take(WireBody.BLOCK_BYTES);
    assertThat(buffers.take(WireBody.BLOCK_BYTES)).isNotSameAs(first);
  }
}
