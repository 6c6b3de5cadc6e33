package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;

/**
 * The snapshots of a group in the order of its plan, each opened while those before are still being
 * pulled: to connect, to open one and to have its manifest and first files takes six round trips.
 * For one thread.
 */
final class SnapshotsAhead implements AutoCloseable {
  /** Then a snapshot in which little is new takes two round trips more than the one before. */
  private static final int AHEAD_MAX = 3;

  private final PullEnds ends;
  private final Namespace source;
  private final GroupId group;
  private final Iterator<Transfer> transfers;
  private final ArrayDeque<Aside<Optional<SnapshotSource>>> ahead = new ArrayDeque<>();

  SnapshotsAhead(PullEnds ends, GroupPlan plan) {
    this.ends = ends;
    this.source = plan.source();
    this.group = plan.group();
    this.transfers = plan.transfers().iterator();
    openNext();
  }

  /**
   * The next one, which the caller closes; empty when it has vanished. To be asked for as many as
   * are planned.
   *
   * @throws BackupException why it cannot be opened
   */
  Optional<SnapshotSource> next() {
    Optional<SnapshotSource> opened = ahead.remove().await();
    openNext();
    return opened;
  }

  private void openNext() {
    while (ahead.size() < AHEAD_MAX && transfers.hasNext()) {
      Transfer next = transfers.next();
      boolean whole = next.reason() != Reason.RECHECK;
      ahead.add(Aside.start(() -> SnapshotSource.open(ends, source, group.at(next.time()), whole)));
    }
  }

  /** Closes what was opened and not asked for, without waiting for it. */
  @Override
  public void close() {
    ahead.forEach(unused -> unused.whenDone(opened -> opened.ifPresent(SnapshotSource::close)));
    ahead.clear();
  }
}
