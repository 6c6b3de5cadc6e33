package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SiteView;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlanner;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Both sides of a sync, looked at side by side, and the plan made of them. */
final class Views {
  private Views() {}

  /** With all that they lie in, up to the root. */
  static NavigableSet<Namespace> withAncestors(Collection<Namespace> namespaces) {
    NavigableSet<Namespace> all = new TreeSet<>();
    for (Namespace ns : namespaces) {
      for (@Nullable Namespace at = ns; at != null && all.add(at); at = at.parent()) {
        // goes up until somebody was there before
      }
    }
    return all;
  }

  /** A plan for everything. */
  static SyncPlan plan(
      Supplier<SiteView> source, Supplier<SiteView> target, Mapping mapping, SyncRules rules) {
    Aside<SiteView> there = Aside.start(source::get);
    SiteView here = target.get();
    return SyncPlanner.plan(there.await(), here, mapping, rules);
  }

  /**
   * A plan for one group. It removes nothing: what is not looked at has not vanished.
   *
   * @param namespace the group's at the source; without a place in the mapping the plan is empty
   * @param target gets the group's namespace at the target
   */
  static SyncPlan planOne(
      Namespace namespace,
      Supplier<SiteView> source,
      Function<Namespace, SiteView> target,
      Mapping mapping,
      SyncRules rules) {
    int depth = namespace.depth() - mapping.from().depth();
    if (!mapping.from().contains(namespace) || depth > rules.maxDepth()) {
      return new SyncPlan(mapping, List.of(), List.of(), List.of(), List.of(), List.of());
    }
    SyncRules addingOnly = rules.withRemoveVanished(false);
    // Without a target namespace the planner refuses by itself.
    return plan(
        source,
        () -> mapping.target(namespace).map(target).orElse(SiteView.EMPTY),
        mapping,
        addingOnly);
  }
}
