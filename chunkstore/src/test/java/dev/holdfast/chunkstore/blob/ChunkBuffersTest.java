package dev.holdfast.chunkstore.blob;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** At stake: an array that two owners see mixes two chunks. */
class ChunkBuffersTest {
  private static final int MIB = 1 << 20;

  @Test
  void anArrayGivenBackIsTakenAgainOnce() {
    ChunkBuffers buffers = new ChunkBuffers();
    byte[] first = buffers.take(3 * MIB);
    assertThat(buffers.take(3 * MIB)).isNotSameAs(first);
    buffers.give(first);
    assertThat(buffers.take(2 * MIB)).isSameAs(first);
    assertThat(buffers.take(2 * MIB)).isNotSameAs(first);
  }

  @Test
  void theSmallestThatFitsIsTaken() {
    ChunkBuffers buffers = new ChunkBuffers();
    byte[] large = buffers.take(8 * MIB);
    byte[] small = buffers.take(2 * MIB);
    buffers.give(large);
    buffers.give(small);
    assertThat(buffers.take(MIB)).isSameAs(small);
    assertThat(buffers.take(4 * MIB)).isSameAs(large);
  }

  @Test
  void whatIsTakenHasRoomForWhatWasAsked() {
    ChunkBuffers buffers = new ChunkBuffers();
    for (int bytes : new int[] {0, 1, MIB, MIB + 1, 4 * MIB, 16 * MIB, 16 * MIB + 12}) {
      assertThat(buffers.take(bytes).length).isGreaterThanOrEqualTo(bytes);
    }
  }

  @Test
  void noMoreThanTheLimitIsKept() {
    ChunkBuffers buffers = new ChunkBuffers(3 * MIB, MIB);
    byte[] kept = buffers.take(2 * MIB);
    byte[] dropped = buffers.take(2 * MIB);
    buffers.give(kept);
    buffers.give(dropped);
    assertThat(buffers.take(2 * MIB)).isSameAs(kept);
    assertThat(buffers.take(2 * MIB)).isNotSameAs(dropped);
  }
}
