package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Leases within one process: those of a node without a cluster, and those of the test twin. */
final class LocalLeases {
  static final Duration TTL_MIN = Duration.ofSeconds(1);

  /** Expired leases are kept, so that a late renewal finds its own, up to about this many. */
  private static final int EXPIRED_KEPT_MAX = 1000;

  private final InstantSource clock;
  private final Map<LeaseKey, Held> held = new HashMap<>();
  private long lastEpoch;

  private record Held(long epoch, Instant until) {}

  LocalLeases(InstantSource clock) {
    this.clock = clock;
  }

  /** Argument check of every coordinator: the cluster counts whole seconds. */
  static void requireTtl(Duration ttl) {
    if (ttl.compareTo(TTL_MIN) < 0) {
      throw new IllegalArgumentException("lease time " + ttl + ": expected at least " + TTL_MIN);
    }
  }

  synchronized Optional<Lease> tryLease(LeaseKey key, Duration ttl, boolean local) {
    if (isHeld(key)) {
      return Optional.empty();
    }
    Instant now = clock.instant();
    lastEpoch = Math.max(lastEpoch + 1, now.toEpochMilli());
    if (held.size() >= EXPIRED_KEPT_MAX) {
      held.values().removeIf(h -> !now.isBefore(h.until()));
    }
    held.put(key, new Held(lastEpoch, now.plus(ttl)));
    return Optional.of(new LocalLease(key, lastEpoch, ttl, local));
  }

  synchronized boolean isHeld(LeaseKey key) {
    Held current = held.get(key);
    return current != null && clock.instant().isBefore(current.until());
  }

  private synchronized boolean renew(LeaseKey key, long epoch, Duration ttl) {
    Held current = held.get(key);
    // Expired, but taken by nobody since, is still ours.
    if (current == null || current.epoch() != epoch) {
      return false;
    }
    held.put(key, new Held(epoch, clock.instant().plus(ttl)));
    return true;
  }

  private synchronized void release(LeaseKey key, long epoch) {
    Held current = held.get(key);
    if (current != null && current.epoch() == epoch) {
      held.remove(key);
    }
  }

  private final class LocalLease implements Lease {
    private final LeaseKey key;
    private final long epoch;
    private final Duration ttl;
    private final boolean local;

    LocalLease(LeaseKey key, long epoch, Duration ttl, boolean local) {
      this.key = key;
      this.epoch = epoch;
      this.ttl = ttl;
      this.local = local;
    }

    @Override
    public LeaseKey key() {
      return key;
    }

    @Override
    public long epoch() {
      return epoch;
    }

    @Override
    public boolean local() {
      return local;
    }

    @Override
    public boolean renew() {
      return LocalLeases.this.renew(key, epoch, ttl);
    }

    @Override
    public void release() {
      LocalLeases.this.release(key, epoch);
    }

    @Override
    public String toString() {
      return "lease " + epoch + " of " + key;
    }
  }
}
