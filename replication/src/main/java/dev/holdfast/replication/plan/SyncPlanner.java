package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncOption;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.SkipReason;
import dev.holdfast.replication.plan.SyncPlan.Skipped;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a sync does, decided from two listings (design §6, spec/engine.md §5). Rules:
 *
 * <ul>
 *   <li>Whatever would litter the target refuses the whole plan: {@link Refusal}.
 *   <li>A finished snapshot that the target lacks is transferred, also when it is older than the
 *       newest there, unless the target removed it by a rule of its own.
 *   <li>What verified-only and encrypted-only leave out is not gone: its copy stays, other than in
 *       the original.
 *   <li>The newest one that both have is transferred again only when the source lists something
 *       else for it, so that an idle sync is an empty plan.
 *   <li>Nothing is removed unless the job says remove-vanished: {@link VanishedPlanner}.
 *   <li>Carrying out a plan and planning again gives an empty plan. Only where the target appends
 *       and its newest snapshot vanishes, what lies before that follows one run later.
 * </ul>
 */
public final class SyncPlanner {
  private final SiteView source;
  private final SiteView target;
  private final Mapping mapping;
  private final SyncRules rules;

  private SyncPlanner(SiteView source, SiteView target, Mapping mapping, SyncRules rules) {
    this.source = source;
    this.target = target;
    this.mapping = mapping;
    this.rules = rules;
  }

  /**
   * Pure: the same arguments give the same plan.
   *
   * @param source at least the mapped namespaces, with all their groups and snapshots
   * @param target all namespaces; groups and snapshots of those below the mapping's target
   */
  public static SyncPlan plan(SiteView source, SiteView target, Mapping mapping, SyncRules rules) {
    return new SyncPlanner(source, target, mapping, rules).plan();
  }

  private SyncPlan plan() {
    if (!source.has(mapping.from())) {
      return refused(new Refusal.SourceMissing(mapping.from()));
    }
    if (mapping.sameStore()
        && (mapping.from().contains(mapping.into()) || mapping.into().contains(mapping.from()))) {
      return refused(new Refusal.NestsIntoItself(mapping.from(), mapping.into()));
    }
    NavigableMap<Namespace, Namespace> targets = new TreeMap<>();
    List<Namespace> unfit = new ArrayList<>();
    for (Namespace ns : selectedNamespaces()) {
      Optional<Namespace> to = mapping.target(ns);
      to.ifPresentOrElse(t -> targets.put(ns, t), () -> unfit.add(ns));
    }
    if (!unfit.isEmpty()) {
      return refused(new Refusal.DoesNotFit(unfit, mapping.into()));
    }
    NavigableSet<Namespace> needed = withParents(targets);
    List<Namespace> create = needed.stream().filter(ns -> !target.has(ns)).toList();
    if (create.size() > rules.maxNewNamespaces()) {
      return refused(new Refusal.TooManyNewNamespaces(create, rules.maxNewNamespaces()));
    }
    List<Refusal> refusals = new ArrayList<>();
    List<GroupPlan> groups = new ArrayList<>();
    targets.forEach((from, to) -> groups(from, to, groups, refusals));
    VanishedPlanner vanished = new VanishedPlanner(source, target, mapping, rules);
    if (rules.removeVanished()) {
      vanished.plan(targets, needed);
    }
    return new SyncPlan(mapping, create, groups, vanished.removals(), vanished.kept(), refusals);
  }

  private SyncPlan refused(Refusal refusal) {
    return new SyncPlan(mapping, List.of(), List.of(), List.of(), List.of(), List.of(refusal));
  }

  // The anchor is there even when a listing of the root leaves it out.
  private NavigableSet<Namespace> selectedNamespaces() {
    NavigableSet<Namespace> selected = new TreeSet<>();
    selected.add(mapping.from());
    for (Namespace ns : source.namespaces().keySet()) {
      if (mapping.from().contains(ns) && ns.depth() - mapping.from().depth() <= rules.maxDepth()) {
        selected.add(ns);
      }
    }
    return selected;
  }

  // In the order of namespaces, a parent is before its children.
  private static NavigableSet<Namespace> withParents(Map<Namespace, Namespace> targets) {
    NavigableSet<Namespace> needed = new TreeSet<>();
    for (Namespace ns : targets.values()) {
      for (@Nullable Namespace at = ns; at != null && needed.add(at); at = at.parent()) {
        // goes up until somebody was there before
      }
    }
    return needed;
  }

  private void groups(Namespace from, Namespace to, List<GroupPlan> plans, List<Refusal> refusals) {
    for (Map.Entry<GroupId, GroupView> entry : source.groups(from).entrySet()) {
      GroupId group = entry.getKey();
      if (!rules.accepts(group)) {
        continue;
      }
      GroupView there = target.groups(to).get(group);
      if (there != null && !there.owner().equals(mapping.owner())) {
        refusals.add(new Refusal.OwnerDiffers(to, group, there.owner(), mapping.owner()));
        continue;
      }
      GroupView copy = there == null ? new GroupView(mapping.owner(), new TreeMap<>()) : there;
      List<Transfer> transfers = new ArrayList<>();
      List<Skipped> skipped = new ArrayList<>();
      snapshots(entry.getValue(), copy, transfers, skipped);
      if (!transfers.isEmpty() || !skipped.isEmpty()) {
        plans.add(new GroupPlan(from, to, group, there == null, transfers, skipped));
      }
    }
  }

  private void snapshots(
      GroupView original, GroupView copy, List<Transfer> transfers, List<Skipped> skipped) {
    List<SnapshotView> finished =
        original.snapshots().values().stream()
            .filter(snapshot -> snapshot.finished() && unselected(snapshot).isEmpty())
            .toList();
    int firstIndex = Math.max(0, finished.size() - rules.transferLast().orElse(finished.size()));
    long first = firstIndex < finished.size() ? finished.get(firstIndex).time() : Long.MAX_VALUE;
    long newest = copy.newestFinished().map(SnapshotView::time).orElse(Long.MIN_VALUE);
    long newestShared = newestShared(original, copy);
    for (SnapshotView snapshot : original.snapshots().values()) {
      switch (decide(snapshot, copy, newest, newestShared, first)) {
        case Decision.Take(Reason reason) ->
            transfers.add(new Transfer(snapshot.time(), reason, snapshot.listing().bytes()));
        case Decision.Leave(SkipReason reason) -> skipped.add(new Skipped(snapshot.time(), reason));
        case Decision.Same same -> {
          // nothing to do and nothing to tell
        }
      }
    }
  }

  private sealed interface Decision {
    record Take(Reason reason) implements Decision {}

    record Leave(SkipReason reason) implements Decision {}

    record Same() implements Decision {}
  }

  // Not simply the newest there: that one may be about to vanish.
  private static long newestShared(GroupView original, GroupView copy) {
    return copy.snapshots().descendingMap().values().stream()
        .filter(s -> s.finished() && original.snapshots().containsKey(s.time()))
        .mapToLong(SnapshotView::time)
        .findFirst()
        .orElse(Long.MIN_VALUE);
  }

  /** Why the job does not want it; one that is at the target already stays there. */
  private Optional<SkipReason> unselected(SnapshotView snapshot) {
    Listing listing = snapshot.listing();
    return SkipReason.unselected(rules, listing::isVerified, listing::isEncrypted);
  }

  /** Of one that is damaged at the source, too, nothing better would come. */
  private boolean isToHeal(SnapshotView snapshot, SnapshotView there) {
    return rules.has(SyncOption.RESYNC_CORRUPT)
        && !mapping.appendOnly()
        && snapshot.finished()
        && !snapshot.listing().isDamaged()
        && there.listing().isDamaged();
  }

  private Decision decide(
      SnapshotView snapshot, GroupView copy, long newest, long newestShared, long first) {
    SnapshotView there = copy.snapshots().get(snapshot.time());
    Optional<SkipReason> unselected = unselected(snapshot);
    if (there != null && there.finished()) {
      if (unselected.isPresent()) {
        return new Decision.Same();
      }
      if (isToHeal(snapshot, there)) {
        return there.isProtected()
            ? new Decision.Leave(SkipReason.DAMAGED_PROTECTED)
            : new Decision.Take(Reason.DAMAGED);
      }
      boolean changed =
          snapshot.finished()
              && snapshot.time() == newestShared
              && !mapping.appendOnly()
              && there.listing().lacks(snapshot.listing());
      if (!changed) {
        return new Decision.Same();
      }
      return there.isProtected()
          ? new Decision.Leave(SkipReason.PROTECTED)
          : new Decision.Take(Reason.RECHECK);
    }
    if (!snapshot.finished()) {
      return new Decision.Leave(SkipReason.IN_PROGRESS);
    }
    if (unselected.isPresent()) {
      return new Decision.Leave(unselected.get());
    }
    if (snapshot.time() < first) {
      return new Decision.Leave(SkipReason.TRANSFER_LAST);
    }
    if (copy.removedHere().contains(snapshot.time())) {
      return new Decision.Leave(SkipReason.REMOVED_HERE);
    }
    // An unfinished one counts here too: the target compares with whatever it finds.
    boolean older = !copy.snapshots().isEmpty() && snapshot.time() <= copy.snapshots().lastKey();
    if (mapping.appendOnly() && older) {
      return new Decision.Leave(SkipReason.OLDER_THAN_TARGET);
    }
    if (there != null) {
      return new Decision.Take(Reason.INCOMPLETE);
    }
    return new Decision.Take(snapshot.time() > newest ? Reason.NEW : Reason.GAP_FILL);
  }
}
