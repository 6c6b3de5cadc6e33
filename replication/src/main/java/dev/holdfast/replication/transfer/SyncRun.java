package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.ByteSize;
import dev.holdfast.replication.plan.Refusal;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.SkipReason;
import dev.holdfast.replication.plan.SyncPlan.Skipped;
import dev.holdfast.replication.plan.SyncPlanText;
import dev.holdfast.replication.transfer.SyncResult.BusyGroup;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Carries out a plan, whichever way it goes: namespaces first, parents before children; then
 * groups, side by side; removals last. What fails in one group is told and leaves the others alone.
 * The log has the shape of the original's (spec/engine.md §5.9).
 */
final class SyncRun {
  /** So many groups in a row that could not reach the peer, and the rest is not tried. */
  private static final int UNREACHED_GROUPS_MAX = 3;

  private final SyncPlan plan;
  private final SyncWork work;
  private final GroupLeases leases;
  private final SyncReport report;
  private final InstantSource clock;

  private final TransferTotals totals = new TransferTotals();
  private final Set<Namespace> failedNamespaces = new HashSet<>();

  // Guarded by this.
  private final List<String> failures = new ArrayList<>();
  private final List<BusyGroup> busy = new ArrayList<>();
  private final Set<Place> unfinished = new HashSet<>();
  private int ended;
  private int unreachedInRow;
  private int untried;

  /** A group at the target. */
  private record Place(Namespace namespace, GroupId group) {}

  private SyncRun(
      SyncPlan plan, SyncWork work, GroupLeases leases, SyncReport report, InstantSource clock) {
    this.plan = plan;
    this.work = work;
    this.leases = leases;
    this.report = report;
    this.clock = clock;
  }

  /**
   * Waits until all is done.
   *
   * @param parallelGroups groups at a time
   * @throws BackupException CANCELLED when the report or an interrupt says so; what was finished
   *     stays
   */
  static SyncResult execute(
      SyncPlan plan,
      SyncWork work,
      GroupLeases leases,
      int parallelGroups,
      SyncReport report,
      InstantSource clock) {
    return new SyncRun(plan, work, leases, report, clock).execute(parallelGroups);
  }

  private SyncResult execute(int parallelGroups) {
    Instant begin = clock.instant();
    plan.refusals().forEach(this::refusal);
    plan.createNamespaces().forEach(this::createNamespace);
    plan.groups().stream().map(GroupPlan::target).distinct().forEach(this::lookAt);
    List<GroupPlan> groups = announce();
    SideBySide.forEach(groups, parallelGroups, group -> transfer(group, groups.size()));
    tellUntried();
    plan.kept().forEach(kept -> report.log(SyncPlanText.line(kept)));
    removals();
    report.log(summary(Duration.between(begin, clock.instant())));
    synchronized (this) {
      return new SyncResult(
          totals.snapshots(), totals.chunks(), totals.encodedBytes(), failures, busy);
    }
  }

  private void refusal(Refusal refusal) {
    if (refusal instanceof Refusal.OwnerDiffers && !work.ownerDiffersFails()) {
      report.warn(refusal.text());
    } else {
      fail(refusal.text());
    }
  }

  private void createNamespace(Namespace namespace) {
    report.checkAborted();
    Namespace parent = namespace.parent();
    if (parent != null && failedNamespaces.contains(parent)) {
      failedNamespaces.add(namespace);
      return;
    }
    try {
      work.createNamespace(namespace);
      report.log("Created namespace '" + namespace + "'");
    } catch (BackupException e) {
      failedNamespaces.add(namespace);
      fail("Cannot sync into namespace '" + namespace + "' - " + e.text());
    }
  }

  private void lookAt(Namespace namespace) {
    if (!failedNamespaces.contains(namespace)) {
      work.refusal(namespace)
          .ifPresent(
              reason -> {
                failedNamespaces.add(namespace);
                fail("Cannot sync into namespace '" + namespace + "' - " + reason);
              });
    }
  }

  /** Tells of what is skipped; returns the groups in which there is something to do. */
  private List<GroupPlan> announce() {
    List<GroupPlan> groups = new ArrayList<>();
    for (GroupPlan group : plan.groups()) {
      skipped(group);
      if (!group.transfers().isEmpty() && !failedNamespaces.contains(group.target())) {
        groups.add(group);
      }
    }
    report.log("Found " + groups.size() + " groups to sync");
    return groups;
  }

  private void skipped(GroupPlan group) {
    for (SkipReason reason : SkipReason.values()) {
      List<Long> times =
          group.skipped().stream().filter(s -> s.reason() == reason).map(Skipped::time).toList();
      if (!times.isEmpty()) {
        report.log(
            GroupRun.label(group.target(), group.group())
                + "skipped: "
                + times.size()
                + " snapshot(s) ("
                + SnapshotId.formatTime(times.getFirst())
                + " .. "
                + SnapshotId.formatTime(times.getLast())
                + ") - "
                + reason.text());
      }
    }
  }

  private void transfer(GroupPlan group, int groupCount) {
    report.checkAborted();
    if (hasGivenUp()) {
      return;
    }
    Optional<LeaseKeeper> lease = leases.tryTake(group.target(), group.group());
    if (lease.isEmpty()) {
      busy(group, "its transfer is under way already");
      return;
    }
    try (LeaseKeeper held = lease.get()) {
      work.transferGroup(group, new GroupRun(report, held, totals, group.target(), group.group()));
      ended(null);
    } catch (BackupException e) {
      report.checkAborted();
      if (Thread.currentThread().isInterrupted()) {
        throw e;
      }
      failed(group, e);
    }
    synchronized (this) {
      report.log(
          String.format(
              Locale.ROOT,
              "percentage done: %.2f%% (%d/%d groups)",
              100.0 * ended / groupCount,
              ended,
              groupCount));
    }
  }

  private void failed(GroupPlan group, BackupException error) {
    ended(error.kind());
    if (error.kind() == Kind.LOCKED) {
      busy(group, error.text());
      return;
    }
    synchronized (this) {
      unfinished.add(new Place(group.target(), group.group()));
    }
    String advice = error.guidance();
    fail(
        GroupRun.label(group.target(), group.group())
            + "sync group "
            + group.group()
            + " failed - "
            + error.text()
            + (advice == null ? "" : " (" + advice + ")"));
  }

  private synchronized void ended(@Nullable Kind failure) {
    ended++;
    unreachedInRow = failure == Kind.PEER_UNREACHABLE ? unreachedInRow + 1 : 0;
  }

  private synchronized boolean hasGivenUp() {
    if (unreachedInRow < UNREACHED_GROUPS_MAX) {
      return false;
    }
    untried++;
    return true;
  }

  private void tellUntried() {
    int count;
    synchronized (this) {
      count = untried;
    }
    if (count > 0) {
      fail(count + " more groups were not tried, because the peer cannot be reached");
    }
  }

  private void busy(GroupPlan group, String reason) {
    synchronized (this) {
      busy.add(new BusyGroup(group.source(), group.group(), reason));
      unfinished.add(new Place(group.target(), group.group()));
    }
    report.log(GroupRun.label(group.target(), group.group()) + "left alone: " + reason);
  }

  private void fail(String line) {
    synchronized (this) {
      failures.add(line);
    }
    // As in the original a line among others: it is the end of the run that makes it an error.
    report.log(line);
  }

  private void removals() {
    int snapshots = 0;
    int groups = 0;
    int namespaces = 0;
    for (Removal removal : plan.removals()) {
      report.checkAborted();
      if (removed(removal)) {
        switch (removal) {
          case Removal.OfSnapshot one -> snapshots++;
          case Removal.OfGroup group -> {
            groups++;
            snapshots += group.snapshotCount();
          }
          case Removal.OfNamespace one -> namespaces++;
        }
      }
    }
    if (!plan.removals().isEmpty()) {
      report.log(
          "Summary: removed vanished: snapshots: "
              + snapshots
              + ", groups: "
              + groups
              + ", namespaces: "
              + namespaces);
    }
  }

  private boolean removed(Removal removal) {
    String what = SyncPlanText.line(removal);
    if (removal instanceof Removal.OfSnapshot one && !isFinished(one)) {
      report.log("not done, because the group was not synced: " + what);
      return false;
    }
    if (failedNamespaces.contains(removal.namespace())) {
      report.log("not done, because the namespace was not synced: " + what);
      return false;
    }
    try {
      Optional<String> kept = work.remove(removal);
      report.log(kept.map(reason -> "not done, because " + reason + ": " + what).orElse(what));
      return kept.isEmpty();
    } catch (BackupException e) {
      if (e.kind() == Kind.LOCKED) {
        report.log("not done, because " + e.text() + ": " + what);
      } else {
        fail("failed: " + what + " - " + e.text());
      }
      return false;
    }
  }

  private synchronized boolean isFinished(Removal.OfSnapshot snapshot) {
    return !unfinished.contains(new Place(snapshot.namespace(), snapshot.group()));
  }

  private String summary(Duration took) {
    String verb = work.verb();
    if (totals.encodedBytes() == 0) {
      return "Summary: sync job found no new data to " + verb;
    }
    double seconds = Math.max(took.toMillis(), 1) / 1000.0;
    return "Summary: sync job "
        + verb
        + "ed "
        + ByteSize.text(totals.encodedBytes())
        + " in "
        + totals.chunks()
        + " chunks (average rate: "
        + ByteSize.text((long) (totals.encodedBytes() / seconds))
        + "/s)";
  }
}
