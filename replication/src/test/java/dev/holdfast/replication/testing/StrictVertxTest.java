package dev.holdfast.replication.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** At stake: every test that claims "no blocked event loop" relies on this one to see one. */
class StrictVertxTest {
  @Test
  void seesAnEventLoopThatIsBlocked() throws InterruptedException {
    StrictVertx strict = new StrictVertx().open();
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch passed = new CountDownLatch(1);
    strict
        .vertx()
        .getOrCreateContext()
        .runOnContext(
            v -> {
              try {
                release.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              passed.countDown();
            });
    Await.until("a warning", Duration.ofSeconds(30), strict::hasWarnings);
    release.countDown();
    assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(strict::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("CountDownLatch.await");
  }

  @Test
  void passesAnIdleLoop() {
    StrictVertx strict = new StrictVertx().open();
    StrictVertx.await(strict.vertx().timer(10, TimeUnit.MILLISECONDS).mapEmpty());
    strict.close();
    assertThat(strict.hasWarnings()).isFalse();
  }
}
