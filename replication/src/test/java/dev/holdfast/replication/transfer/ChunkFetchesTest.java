package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.replication.testing.Await;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** At stake: the same chunk crosses a slow line once, and a failed fetch loses nobody his chunk. */
class ChunkFetchesTest {
  private static final Digest DIGEST = Digest.sha256(new byte[] {1});
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ChunkFetches fetches = new ChunkFetches();
  private final CountDownLatch go = new CountDownLatch(1);
  private final AtomicInteger firsts = new AtomicInteger();
  private final AtomicInteger seconds = new AtomicInteger();

  /** A fetch that has begun and ends when told to. */
  private Aside<Boolean> startFirst(boolean succeeds) {
    Aside<Boolean> first = aside(() -> first(succeeds));
    Await.until("the first fetch", PATIENCE, () -> firsts.get() == 1);
    return first;
  }

  private Aside<Boolean> aside(Runnable fetch) {
    return Aside.start(
        () -> {
          fetches.fetch(DIGEST, fetch);
          return true;
        });
  }

  private void first(boolean succeeds) {
    firsts.incrementAndGet();
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (!succeeds) {
      throw BackupException.corrupt("from a bad source");
    }
  }

  @Test
  void theSecondWaitsForTheFirstAndFetchesNothing() {
    Aside<Boolean> first = startFirst(true);
    Aside<Boolean> second = aside(seconds::incrementAndGet);
    // Another digest waits for nobody.
    AtomicInteger others = new AtomicInteger();
    fetches.fetch(Digest.sha256(new byte[] {2}), others::incrementAndGet);
    assertThat(others).hasValue(1);
    go.countDown();
    assertThat(first.await() && second.await()).isTrue();
    assertThat(seconds.get() + firsts.get()).isBetween(1, 2);
  }

  @Test
  void afterAFailureTheSecondTriesItself() {
    Aside<Boolean> first = startFirst(false);
    Aside<Boolean> second = aside(seconds::incrementAndGet);
    go.countDown();
    assertThatThrownBy(first::await).hasMessage("from a bad source");
    assertThat(second.await()).isTrue();
    assertThat(seconds).hasValue(1);
  }
}
