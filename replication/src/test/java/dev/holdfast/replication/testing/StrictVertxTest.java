package dev.holdfast.replication.testing;

import static org.assertj.core.api.Assertions.assertThat;

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
                // Blocks the loop for twice what is allowed.
                assertThat(release.await(2 * StrictVertx.EXECUTE_MILLIS_MAX, TimeUnit.MILLISECONDS))
                    .isFalse();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              passed.countDown();
            });
    assertThat(passed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(strict.takeWarnings())
        .isNotEmpty()
        .allMatch(text -> text.contains("CountDownLatch.await"));
    strict.close();
  }

  @Test
  void passesAnIdleLoop() {
    StrictVertx strict = new StrictVertx().open();
    StrictVertx.await(strict.vertx().timer(10, TimeUnit.MILLISECONDS).mapEmpty());
    strict.close();
    assertThat(strict.takeWarnings()).isEmpty();
  }
}
