package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Carries out plans on a view, as strict as a datastore would be. */
final class SimulatedSite {
  private final Map<Namespace, Map<GroupId, GroupView>> namespaces = new HashMap<>();

  SimulatedSite(SiteView view) {
    view.namespaces().forEach((ns, groups) -> namespaces.put(ns, new TreeMap<>(groups)));
    namespaces.computeIfAbsent(Namespace.ROOT, ns -> new TreeMap<>());
  }

  static SiteView apply(SyncPlan plan, SiteView source, SiteView target) {
    SimulatedSite site = new SimulatedSite(target);
    plan.createNamespaces().forEach(site::create);
    plan.groups().forEach(group -> site.transfer(group, source, plan));
    plan.removals().forEach(site::remove);
    return SiteView.of(site.namespaces);
  }

  private void create(Namespace ns) {
    Namespace parent = ns.parent();
    check(parent == null || namespaces.containsKey(parent), "parent of " + ns);
    check(namespaces.putIfAbsent(ns, new TreeMap<>()) == null, "new " + ns);
  }

  private void transfer(GroupPlan plan, SiteView source, SyncPlan whole) {
    Map<GroupId, GroupView> groups = groups(plan.target());
    GroupView original =
        Objects.requireNonNull(source.groups(plan.source()).get(plan.group()), "source group");
    check(plan.creates() == !groups.containsKey(plan.group()), "creates " + plan.group());
    GroupView before = groups.get(plan.group());
    if (plan.transfers().isEmpty()) {
      return;
    }
    TreeMap<Long, SnapshotView> snapshots =
        before == null ? new TreeMap<>() : new TreeMap<>(before.snapshots());
    for (Transfer transfer : plan.transfers()) {
      SnapshotView from =
          Objects.requireNonNull(original.snapshots().get(transfer.time()), "source snapshot");
      SnapshotView old = snapshots.get(transfer.time());
      check(from.finished(), "finished source");
      check(old == null || !old.isProtected(), "unprotected target");
      check(
          !whole.mapping().appendOnly()
              || snapshots.isEmpty()
              || transfer.time() > snapshots.lastKey(),
          "newer than all at the target");
      snapshots.put(transfer.time(), SnapshotView.finished(from.time(), from.listing()));
    }
    groups.put(
        plan.group(),
        before == null
            ? new GroupView(whole.mapping().owner(), snapshots)
            : new GroupView(before.owner(), snapshots, before.removedHere()));
  }

  private void remove(Removal removal) {
    Map<GroupId, GroupView> groups = groups(removal.namespace());
    switch (removal) {
      case Removal.OfSnapshot snapshot -> {
        GroupView view = Objects.requireNonNull(groups.get(snapshot.group()), "group");
        TreeMap<Long, SnapshotView> left = new TreeMap<>(view.snapshots());
        SnapshotView gone = Objects.requireNonNull(left.remove(snapshot.time()), "snapshot");
        check(!gone.isProtected() && gone.finished(), "removable " + removal);
        groups.put(snapshot.group(), new GroupView(view.owner(), left, view.removedHere()));
      }
      case Removal.OfGroup group -> {
        GroupView gone = Objects.requireNonNull(groups.remove(group.group()), "group");
        check(gone.snapshots().size() == group.snapshotCount(), "count of " + removal);
        check(
            gone.snapshots().values().stream().noneMatch(s -> s.isProtected() || !s.finished()),
            "removable " + removal);
      }
      case Removal.OfNamespace namespace -> {
        check(groups.isEmpty(), "empty " + removal);
        namespaces.remove(namespace.namespace());
        check(
            namespaces.keySet().stream().noneMatch(namespace.namespace()::contains),
            "no children of " + removal);
      }
    }
  }

  private Map<GroupId, GroupView> groups(Namespace ns) {
    return Objects.requireNonNull(namespaces.get(ns), "namespace " + ns);
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError("the plan breaks: " + what);
    }
  }
}
