package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that stands until it is moved. */
final class FakeClock implements InstantSource {
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  @Override
  public synchronized Instant instant() {
    return now;
  }

  synchronized void advance(Duration by) {
    now = now.plus(by);
  }
}
