package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.replication.wire.BodyMemory.Claim;
import dev.holdfast.replication.wire.BodyMemory.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * At stake: a node with many clients keeps within its heap, and each of them gets on: who asks for
 * much, holds long or goes away keeps nobody else from going on.
 */
final class BodyMemoryTest {
  private final List<String> let = new ArrayList<>();

  private Claim claim(Share share, long bytes, String name) {
    return share.claim(bytes, () -> let.add(name));
  }

  @Test
  void whoAskedFirstIsNextAndALargeOneIsNotOvertaken() {
    BodyMemory memory = new BodyMemory(100, 100);
    Claim a = claim(memory.share(), 60, "a");
    Claim b = claim(memory.share(), 60, "b");
    Claim c = claim(memory.share(), 10, "c");
    assertThat(let).containsExactly("a");
    assertThat(memory.waitingBodies()).isEqualTo(2);
    a.release();
    assertThat(let).containsExactly("a", "b", "c");
    assertThat(memory.usedBytes()).isEqualTo(70);
    b.release();
    c.release();
    c.release();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void whoHoldsLeastIsNext() {
    BodyMemory memory = new BodyMemory(100, 100);
    Share greedy = memory.share();
    List<Claim> held = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      held.add(claim(greedy, 10, "greedy"));
    }
    Claim modest = claim(memory.share(), 10, "modest");
    assertThat(let).hasSize(10).doesNotContain("modest");
    held.getFirst().release();
    assertThat(let.getLast()).isEqualTo("modest");
    modest.release();
    assertThat(let.getLast()).isEqualTo("greedy");
  }

  @Test
  void whoNeverGivesBackHasHisShareAndNoMore() {
    BodyMemory memory = new BodyMemory(100, 30);
    Share stuck = memory.share();
    for (int i = 0; i < 16; i++) {
      var unused = claim(stuck, 10, "stuck");
    }
    assertThat(memory.usedBytes()).isEqualTo(30);
    Share other = memory.share();
    for (int i = 0; i < 100; i++) {
      claim(other, 30, "other").release();
    }
    assertThat(let.stream().filter("other"::equals)).hasSize(100);
  }

  @Test
  void oneBodyIsAlwaysLetInHoweverLargeItIs() {
    BodyMemory memory = new BodyMemory(100, 30);
    Claim whole = claim(memory.share(), 1000, "whole");
    assertThat(let).containsExactly("whole");
    assertThat(memory.usedBytes()).isEqualTo(100);
    whole.release();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void whoWaitsNoLongerIsForgotten() {
    BodyMemory memory = new BodyMemory(100, 100);
    Claim held = claim(memory.share(), 100, "held");
    Claim gone = claim(memory.share(), 100, "gone");
    Claim next = claim(memory.share(), 100, "next");
    gone.release();
    assertThat(memory.waitingBodies()).isEqualTo(1);
    held.release();
    assertThat(let).containsExactly("held", "next");
    next.release();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void manySessionsNeverHaveMoreThanThereIsAndAllAreServed() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    BodyMemory memory = new BodyMemory(1000, 200);
    List<Share> shares = new ArrayList<>();
    List<Claim> open = new ArrayList<>();
    int asked = 0;
    for (int i = 0; i < 64; i++) {
      shares.add(memory.share());
    }
    for (int i = 0; i < 20_000; i++) {
      if (random.nextBoolean() && open.size() < 64 * 16) {
        open.add(claim(shares.get(random.nextInt(64)), 1 + random.nextInt(300), "x"));
        asked++;
      } else if (!open.isEmpty()) {
        open.remove(random.nextInt(open.size())).release();
      }
      assertThat(memory.usedBytes()).as("seed %d", seed).isBetween(0L, 1000L);
    }
    open.forEach(Claim::release);
    assertThat(memory.usedBytes()).isZero();
    assertThat(memory.waitingBodies()).isZero();
    assertThat(let).hasSizeLessThanOrEqualTo(asked);
  }

  @Test
  void smallHeapStillHasRoomForFourOfTheLargestChunks() {
    assertThat(BodyMemory.ofHeap(32 << 20).bytesMax())
        .isEqualTo(4L * DataBlob.CHUNK_ENCODED_BYTES_MAX);
    assertThat(BodyMemory.ofHeap(4L << 30).bytesMax()).isEqualTo(1L << 30);
  }
}
