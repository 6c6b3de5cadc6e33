package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of a group in the order of its plan, each opened while the one before is still
 * being pulled: to open one and to read its manifest takes six round trips. For one thread.
 */
final class SnapshotsAhead implements AutoCloseable {
  private final PullEnds ends;
  private final Namespace source;
  private final GroupId group;
  private final Iterator<Transfer> transfers;
  private @Nullable Aside<Optional<SnapshotSource>> ahead;

  SnapshotsAhead(PullEnds ends, GroupPlan plan) {
    this.ends = ends;
    this.source = plan.source();
    this.group = plan.group();
    this.transfers = plan.transfers().iterator();
    openNext();
  }

  /**
   * The next one, which the caller closes; empty when it has vanished.
   *
   * @throws BackupException why it cannot be opened
   */
  Optional<SnapshotSource> next() {
    Aside<Optional<SnapshotSource>> current = ahead;
    if (current == null) {
      throw new IllegalStateException("asked for more snapshots than are planned");
    }
    ahead = null;
    Optional<SnapshotSource> opened = current.await();
    openNext();
    return opened;
  }

  private void openNext() {
    if (transfers.hasNext()) {
      Transfer next = transfers.next();
      boolean whole = next.reason() != Reason.RECHECK;
      ahead = Aside.start(() -> SnapshotSource.open(ends, source, group.at(next.time()), whole));
    }
  }

  /** Closes what was opened and not asked for, without waiting for it. */
  @Override
  public void close() {
    Aside<Optional<SnapshotSource>> unused = ahead;
    ahead = null;
    if (unused != null) {
      unused.whenDone(opened -> opened.ifPresent(SnapshotSource::close));
    }
  }
}
