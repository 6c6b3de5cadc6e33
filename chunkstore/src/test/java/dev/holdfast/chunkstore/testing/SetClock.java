package dev.holdfast.chunkstore.testing;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands until somebody moves it. */
public final class SetClock implements InstantSource {
  private volatile Instant now = TestStores.NOW;

  @Override
  public Instant instant() {
    return now;
  }

  public void advance(Duration by) {
    now = now.plus(by);
  }
}
