package dev.holdfast.replication.testing;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread or process brings about, and fails naming it. */
public final class Await {
  private static final Duration LOOK_EVERY = Duration.ofMillis(5);

  private Await() {}

  public static void until(String what, Duration timeMax, BooleanSupplier condition) {
    long deadline = System.nanoTime() + timeMax.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + timeMax.toSeconds() + " s: " + what);
      }
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
    }
  }
}
