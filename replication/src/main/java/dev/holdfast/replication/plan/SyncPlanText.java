package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Kept;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.SkipReason;
import dev.holdfast.replication.plan.SyncPlan.Skipped;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan as lines for people: one line per thing that happens, a summary at the end; what is
 * skipped for the same reason shares a line.
 */
public final class SyncPlanText {
  private SyncPlanText() {}

  public static List<String> lines(SyncPlan plan) {
    List<String> lines = new ArrayList<>();
    plan.refusals().forEach(r -> lines.add("refuse  " + r.text()));
    plan.createNamespaces().forEach(ns -> lines.add("create  namespace '" + ns + "'"));
    plan.groups().forEach(group -> group(group, lines));
    plan.removals().forEach(removal -> lines.add(line(removal)));
    plan.kept().forEach(kept -> lines.add(line(kept)));
    lines.add(summary(plan));
    return lines;
  }

  private static void group(GroupPlan plan, List<String> lines) {
    String where = place(plan.target(), plan.group());
    plan.transfers()
        .forEach(
            t ->
                lines.add(
                    (t.reason() == Reason.RECHECK ? "recheck " : "copy    ")
                        + snapshot(where, t.time())
                        + " ("
                        + t.reason().text()
                        + ")"));
    for (SkipReason reason : SkipReason.values()) {
      List<Long> times =
          plan.skipped().stream().filter(s -> s.reason() == reason).map(Skipped::time).toList();
      if (times.size() == 1) {
        lines.add("skip    " + snapshot(where, times.getFirst()) + " (" + reason.text() + ")");
      } else if (!times.isEmpty()) {
        lines.add(
            "skip    "
                + where
                + ": "
                + count(times.size(), "snapshot")
                + " "
                + SnapshotId.formatTime(times.getFirst())
                + " .. "
                + SnapshotId.formatTime(times.getLast())
                + " ("
                + reason.text()
                + ")");
      }
    }
  }

  /** The line of one removal. */
  public static String line(Removal removal) {
    String what =
        switch (removal) {
          case Removal.OfSnapshot s -> snapshot(place(s.namespace(), s.group()), s.time());
          case Removal.OfGroup g ->
              place(g.namespace(), g.group()) + " with " + count(g.snapshotCount(), "snapshot");
          case Removal.OfNamespace n -> "namespace '" + n.namespace() + "'";
        };
    return "remove  " + what + " (" + removal.rule().text() + ")";
  }

  /** The line of one thing that stays. */
  public static String line(Kept kept) {
    String what =
        switch (kept) {
          case Kept.Snapshot s -> snapshot(place(s.namespace(), s.group()), s.time());
          case Kept.Group g -> place(g.namespace(), g.group());
          case Kept.Whole n -> "namespace '" + n.namespace() + "'";
        };
    return "keep    " + what + " (" + kept.reason().text() + ")";
  }

  private static String summary(SyncPlan plan) {
    if (plan.isRefused()) {
      return "summary: refused, nothing will be done";
    }
    if (plan.isEmpty()) {
      return "summary: nothing to do";
    }
    long recheck =
        plan.groups().stream()
            .flatMap(g -> g.transfers().stream())
            .filter(t -> t.reason() == Reason.RECHECK)
            .count();
    return "summary: create "
        + count(plan.createNamespaces().size(), "namespace")
        + ", copy "
        + count(plan.transferCount() - recheck, "snapshot")
        + ", recheck "
        + recheck
        + ", remove "
        + plan.removals().size()
        + ", at most "
        + plan.transferBytes()
        + " bytes";
  }

  private static String count(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  private static String place(Namespace ns, GroupId group) {
    return ns.isRoot() ? group.toString() : "[" + ns + "] " + group;
  }

  private static String snapshot(String group, long time) {
    return group + "/" + SnapshotId.formatTime(time);
  }
}
