package dev.holdfast.chunkstore.datastore;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a piece of work holds until its end: given back then, the last taken first. Any thread; what
 * is taken after the end is given back at once.
 */
public final class Leases implements Lease {
  private final Deque<Lease> held = new ArrayDeque<>();
  private boolean over;

  /** Returns the lease, for whoever needs more of it. */
  public <T extends Lease> T hold(T lease) {
    synchronized (this) {
      if (!over) {
        held.push(lease);
        return lease;
      }
    }
    lease.close();
    return lease;
  }

  @Override
  public void close() {
    Deque<Lease> all;
    synchronized (this) {
      over = true;
      all = new ArrayDeque<>(held);
      held.clear();
    }
    closeAll(all);
  }

  /** One that cannot be given back keeps no other. */
  private static void closeAll(Deque<Lease> leases) {
    Lease first = leases.poll();
    if (first != null) {
      try (Lease last = first) {
        closeAll(leases);
      }
    }
  }
}
