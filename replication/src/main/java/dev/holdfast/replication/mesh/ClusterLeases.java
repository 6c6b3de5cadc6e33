package dev.holdfast.replication.mesh;

import com.hazelcast.map.IMap;
import dev.holdfast.replication.mesh.BoundedCalls.Unavailable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Leases as entries with a time to live. An entry's value says who holds it: {@code
 * INCARNATION/NUMBER}, so a holder whose run of the node is no longer in the mesh is known to be
 * gone, and its lease is claimed before its time is over.
 */
final class ClusterLeases {
  private final IMap<String, String> holders;
  private final IMap<String, Long> epochs;
  private final String incarnation;
  private final Supplier<Set<String>> incarnations;
  private final InstantSource clock;
  private final BoundedCalls calls;
  private final AtomicLong number = new AtomicLong();

  /**
   * @param incarnations of all members now
   */
  ClusterLeases(
      IMap<String, String> holders,
      IMap<String, Long> epochs,
      String incarnation,
      Supplier<Set<String>> incarnations,
      InstantSource clock,
      BoundedCalls calls) {
    this.holders = holders;
    this.epochs = epochs;
    this.incarnation = incarnation;
    this.incarnations = incarnations;
    this.clock = clock;
    this.calls = calls;
  }

  Optional<Lease> tryLease(LeaseKey key, Duration ttl) throws Unavailable {
    return calls.call(() -> claim(key, ttl), late -> late.ifPresent(Lease::release));
  }

  private Optional<Lease> claim(LeaseKey key, Duration ttl) {
    String name = key.toString();
    String mine = incarnation + "/" + number.incrementAndGet();
    String holder = holders.putIfAbsent(name, mine, ttl.toMillis(), TimeUnit.MILLISECONDS);
    if (holder != null && isGone(holder) && holders.remove(name, holder)) {
      holder = holders.putIfAbsent(name, mine, ttl.toMillis(), TimeUnit.MILLISECONDS);
    }
    return holder == null
        ? Optional.of(new ClusterLease(key, mine, nextEpoch(name), ttl))
        : Optional.empty();
  }

  private boolean isGone(String holder) {
    int slash = holder.indexOf('/');
    return slash < 0 || !incarnations.get().contains(holder.substring(0, slash));
  }

  /** Taken after the lease, so no two holders get the same. */
  private long nextEpoch(String name) {
    while (true) {
      Long last = epochs.get(name);
      long next = Math.max(last == null ? 0 : last + 1, clock.millis());
      boolean taken =
          last == null ? epochs.putIfAbsent(name, next) == null : epochs.replace(name, last, next);
      if (taken) {
        return next;
      }
    }
  }

  private final class ClusterLease implements Lease {
    private final LeaseKey key;
    private final String mine;
    private final long epoch;
    private final Duration ttl;
    private volatile boolean released;

    ClusterLease(LeaseKey key, String mine, long epoch, Duration ttl) {
      this.key = key;
      this.mine = mine;
      this.epoch = epoch;
      this.ttl = ttl;
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
      return false;
    }

    @Override
    public boolean renew() {
      if (released) {
        return false;
      }
      try {
        return calls.call(this::renewInCluster, late -> {});
      } catch (Unavailable e) {
        return true;
      }
    }

    private boolean renewInCluster() {
      String name = key.toString();
      String holder = holders.get(name);
      if (mine.equals(holder)) {
        // Between the two calls it may expire and become another's, who then keeps it a little
        // longer.
        return holders.setTtl(name, ttl.toMillis(), TimeUnit.MILLISECONDS);
      }
      // Gone, by time or by a merge of two halves: ours again if nobody had it meanwhile.
      @Nullable Long last = holder == null ? epochs.get(name) : null;
      return last != null
          && last == epoch
          && holders.putIfAbsent(name, mine, ttl.toMillis(), TimeUnit.MILLISECONDS) == null;
    }

    @Override
    public void release() {
      if (released) {
        return;
      }
      released = true;
      try {
        boolean unused = calls.call(() -> holders.remove(key.toString(), mine), late -> {});
      } catch (Unavailable e) {
        // Its time runs out instead.
      }
    }

    @Override
    public String toString() {
      return "lease " + epoch + " of " + key;
    }
  }
}
