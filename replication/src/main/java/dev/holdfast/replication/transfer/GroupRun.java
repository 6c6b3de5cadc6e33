package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;

/**
 * One group of a run as those see it who transfer it. Safe for use by several threads.
 *
 * <p>Its log lines are labelled, because groups run side by side.
 */
final class GroupRun {
  private final SyncReport report;
  private final LeaseKeeper lease;
  private final TransferTotals totals;
  private final String label;

  /**
   * @param target namespace at the target
   */
  GroupRun(
      SyncReport report,
      LeaseKeeper lease,
      TransferTotals totals,
      Namespace target,
      GroupId group) {
    this.report = report;
    this.lease = lease;
    this.totals = totals;
    this.label = label(target, group);
  }

  /** {@code [host/web1]: } as in the original, with the namespace where there is one. */
  static String label(Namespace target, GroupId group) {
    return "[" + (target.isRoot() ? "" : target + ":") + group + "]: ";
  }

  void log(String line) {
    report.log(label + line);
  }

  void warn(String line) {
    report.warn(label + line);
  }

  /**
   * To be called at least once per chunk.
   *
   * @throws dev.holdfast.chunkstore.error.BackupException CANCELLED when the run should end, LOCKED
   *     when somebody else took over the group
   */
  void checkpoint() {
    report.checkAborted();
    lease.requireHeld();
  }

  /** Tells and counts a snapshot that reached the target. */
  void transferred(Transferred snapshot) {
    totals.add(snapshot);
    report.transferred(snapshot);
  }
}
