package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.replication.mesh.Lease;
import dev.holdfast.replication.mesh.Scheduler;
import java.time.Duration;

/** A lease that is renewed while its work goes on. Safe for use by several threads. */
public final class LeaseKeeper implements AutoCloseable {
  private final Lease lease;
  private final Duration interval;
  private final Scheduler scheduler;
  private volatile boolean lost;
  private volatile boolean closed;

  LeaseKeeper(Lease lease, Duration interval, Scheduler scheduler) {
    this.lease = lease;
    this.interval = interval;
    this.scheduler = scheduler;
    scheduler.after(interval, this::renewAside);
  }

  // A renewal may wait for the cluster, which the scheduler's thread must not.
  private void renewAside() {
    if (!closed) {
      Thread.ofVirtual().name("lease " + lease.key()).start(this::renew);
    }
  }

  private void renew() {
    if (closed) {
      return;
    }
    if (lease.renew()) {
      scheduler.after(interval, this::renewAside);
    } else {
      lost = !closed;
    }
  }

  /**
   * Called at each step of the work that can be its last.
   *
   * @throws BackupException LOCKED when somebody else may do the same by now
   */
  public void requireHeld() {
    if (lost) {
      throw new BackupException(
              Kind.LOCKED, "somebody else took over the transfer of group " + lease.key().group())
          .with("lease", lease.key());
    }
  }

  /** Gives the lease back. */
  @Override
  public void close() {
    closed = true;
    lease.release();
  }
}
