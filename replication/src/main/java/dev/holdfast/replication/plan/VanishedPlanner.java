package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.plan.SyncPlan.KeepReason;
import dev.holdfast.replication.plan.SyncPlan.Kept;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.RemovalRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;

/**
 * What {@code remove-vanished} removes (spec/engine.md §5.7), stricter than the original wherever
 * that could lose something: unfinished snapshots stay, at either side; in a vanished namespace
 * only groups go that the job owns and selects; and a namespace goes only when nothing is left in
 * it.
 */
final class VanishedPlanner {
  private static final RemovalRule RULE = RemovalRule.REMOVE_VANISHED;

  private final SiteView source;
  private final SiteView target;
  private final Mapping mapping;
  private final SyncRules rules;
  private final List<Removal> removals = new ArrayList<>();
  private final List<Kept> kept = new ArrayList<>();

  VanishedPlanner(SiteView source, SiteView target, Mapping mapping, SyncRules rules) {
    this.source = source;
    this.target = target;
    this.mapping = mapping;
    this.rules = rules;
  }

  List<Removal> removals() {
    return removals;
  }

  List<Kept> kept() {
    return kept;
  }

  /**
   * @param targets from mapped namespaces of the source to those of the target
   * @param needed those of the target and all above them
   */
  void plan(NavigableMap<Namespace, Namespace> targets, NavigableSet<Namespace> needed) {
    targets.forEach(this::groupsOfSyncedNamespace);
    Set<Namespace> remaining = new HashSet<>();
    // Backwards through the order of namespaces, children come before their parents.
    for (Map.Entry<Namespace, NavigableMap<GroupId, GroupView>> entry :
        target.namespaces().descendingMap().entrySet()) {
      Namespace ns = entry.getKey();
      if (mapping.into().contains(ns) && !needed.contains(ns)) {
        boolean reached = ns.depth() - mapping.into().depth() <= rules.maxDepth();
        if (!reached || !namespaceGoes(ns, entry.getValue(), remaining)) {
          remaining.add(ns);
        }
      }
    }
  }

  private void groupsOfSyncedNamespace(Namespace from, Namespace to) {
    Map<GroupId, GroupView> originals = source.groups(from);
    target
        .groups(to)
        .forEach(
            (group, copy) -> {
              GroupView original = originals.get(group);
              if (!rules.accepts(group) || !copy.owner().equals(mapping.owner())) {
                return; // never was this job's business; the transfer part tells of owners
              }
              if (original == null) {
                groupGoes(to, group, copy);
              } else {
                snapshots(to, group, copy, original.snapshots().keySet());
              }
            });
  }

  /** Returns whether all snapshots go. */
  private boolean snapshots(Namespace ns, GroupId group, GroupView copy, Set<Long> originals) {
    boolean all = true;
    for (SnapshotView snapshot : copy.snapshots().values()) {
      long time = snapshot.time();
      if (originals.contains(time)) {
        all = false;
      } else if (snapshot.isProtected()) {
        kept.add(new Kept.Snapshot(ns, group, time, KeepReason.PROTECTED));
        all = false;
      } else if (snapshot.isHeld()) {
        kept.add(new Kept.Snapshot(ns, group, time, KeepReason.HELD));
        all = false;
      } else if (!snapshot.finished()) {
        kept.add(new Kept.Snapshot(ns, group, time, KeepReason.IN_PROGRESS));
        all = false;
      } else {
        removals.add(new Removal.OfSnapshot(ns, group, time, RULE));
      }
    }
    return all;
  }

  // A group that goes whole is one removal; otherwise it is what can go of it.
  private boolean groupGoes(Namespace ns, GroupId group, GroupView copy) {
    int before = removals.size();
    if (!snapshots(ns, group, copy, Set.of())) {
      return false;
    }
    removals.subList(before, removals.size()).clear();
    removals.add(new Removal.OfGroup(ns, group, copy.snapshots().size(), RULE));
    return true;
  }

  private boolean namespaceGoes(
      Namespace ns, NavigableMap<GroupId, GroupView> groups, Set<Namespace> remaining) {
    boolean empty = remaining.stream().noneMatch(below -> ns.contains(below));
    for (Map.Entry<GroupId, GroupView> entry : groups.entrySet()) {
      GroupId group = entry.getKey();
      if (!entry.getValue().owner().equals(mapping.owner())) {
        kept.add(new Kept.Group(ns, group, KeepReason.OTHER_OWNER));
        empty = false;
      } else if (!rules.accepts(group)) {
        kept.add(new Kept.Group(ns, group, KeepReason.FILTERED));
        empty = false;
      } else if (!groupGoes(ns, group, entry.getValue())) {
        empty = false;
      }
    }
    if (empty) {
      removals.add(new Removal.OfNamespace(ns, RULE));
    } else {
      kept.add(new Kept.Whole(ns, KeepReason.NOT_EMPTY));
    }
    return empty;
  }
}
