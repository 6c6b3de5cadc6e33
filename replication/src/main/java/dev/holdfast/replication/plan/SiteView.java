package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What one side of a sync shows: its namespaces and the groups in each. A namespace without groups
 * has an empty map. The namespaces above and beside the mapped ones may be left out at the source;
 * the target's are all needed, to know which to create.
 */
public record SiteView(NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> namespaces) {
  public static final SiteView EMPTY = of(Map.of());

  public SiteView {
    TreeMap<Namespace, NavigableMap<GroupId, GroupView>> copy = new TreeMap<>();
    namespaces.forEach(
        (ns, groups) -> copy.put(ns, Collections.unmodifiableNavigableMap(new TreeMap<>(groups))));
    namespaces = Collections.unmodifiableNavigableMap(copy);
  }

  public static SiteView of(Map<Namespace, ? extends Map<GroupId, GroupView>> namespaces) {
    NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> sorted = new TreeMap<>();
    namespaces.forEach((ns, groups) -> sorted.put(ns, new TreeMap<>(groups)));
    return new SiteView(sorted);
  }

  /** The root is always there. */
  public boolean has(Namespace ns) {
    return ns.isRoot() || namespaces.containsKey(ns);
  }

  /** Empty for a namespace that is not there. */
  public NavigableMap<GroupId, GroupView> groups(Namespace ns) {
    return namespaces.getOrDefault(ns, Collections.emptyNavigableMap());
  }
}
