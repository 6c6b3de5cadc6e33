package dev.holdfast.replication.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.GroupView;
import dev.holdfast.replication.plan.SiteView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A peer's datastore as a planner sees it, by the REST calls that a real PBS has too
 * (spec/protocols.md §7.3, §7.4): one for the namespaces, two for each namespace, several at a
 * time.
 *
 * <p>A token may be limited to a part of the namespaces; what it cannot see is not there. That
 * tells nothing about what vanished, so a view that must be complete is refused with gaps.
 *
 * <p>Waits for the peer. Errors: those of {@link RemoteNode}, naming the place that was asked for;
 * UNSUPPORTED_VERSION for answers that cannot be read.
 */
final class RemoteListing {
  /** As many as {@link RemoteNode} has connections: 100 requests over 150 ms take 2 s. */
  private static final int REQUESTS_AT_ONCE = 8;

  private final RemoteNode node;
  private final DatastoreName store;

  RemoteListing(RemoteNode node, DatastoreName store) {
    this.node = node;
    this.store = store;
  }

  /**
   * As a source: the visible namespaces below {@code anchor} with all their groups.
   *
   * @param complete what is not in the view counts as gone: refused (PERMISSION) when there are
   *     namespaces that must exist and that our token cannot see
   */
  SiteView source(Namespace anchor, int maxDepth, boolean complete) {
    NavigableSet<Namespace> visible = namespaces(anchor, maxDepth);
    NavigableSet<Namespace> existing = Views.withAncestors(visible);
    existing.removeIf(ns -> !anchor.contains(ns));
    if (complete) {
      requireAll(existing, visible);
    }
    return view(existing, visible);
  }

  /** As a source of one group, by one request; an empty namespace when it has no snapshots. */
  SiteView source(Namespace anchor, Namespace namespace, GroupId group) {
    Map<Namespace, NavigableMap<GroupId, GroupView>> view = new HashMap<>();
    view.put(anchor, new TreeMap<>());
    view.put(namespace, groups(namespace, snapshots(namespace, group)));
    return SiteView.of(view);
  }

  /**
   * As a target: all visible namespaces, and the groups of those at and below {@code anchor}. What
   * cannot be seen is left alone, so gaps are harmless here.
   */
  SiteView target(Namespace anchor, int maxDepth) {
    NavigableSet<Namespace> visible = namespaces(Namespace.ROOT, Namespace.DEPTH_MAX);
    NavigableSet<Namespace> existing = Views.withAncestors(visible);
    visible.removeIf(ns -> !anchor.contains(ns) || ns.depth() - anchor.depth() > maxDepth);
    return view(existing, visible);
  }

  /** As a target for one group: all visible namespaces, and this group if it is there. */
  SiteView target(Namespace namespace, GroupId group) {
    NavigableSet<Namespace> visible = namespaces(Namespace.ROOT, Namespace.DEPTH_MAX);
    Map<Namespace, NavigableMap<GroupId, GroupView>> view = new HashMap<>();
    Views.withAncestors(visible).forEach(ns -> view.put(ns, new TreeMap<>()));
    if (visible.contains(namespace)) {
      SnapshotList list = snapshots(namespace, group);
      if (!list.hasOwner(group)) {
        addGroups(namespace, list);
      }
      NavigableMap<GroupId, GroupView> groups = groups(namespace, list);
      groups.keySet().retainAll(List.of(group));
      view.put(namespace, groups);
    }
    return SiteView.of(view);
  }

  /** One group as it is now, by one request; null when it has no snapshots. */
  @Nullable GroupView group(Namespace namespace, GroupId group) {
    return groups(namespace, snapshots(namespace, group)).get(group);
  }

  /** Whether there are namespaces in one. */
  boolean hasBelow(Namespace namespace) {
    return namespaces(namespace, 1).stream().anyMatch(ns -> !ns.equals(namespace));
  }

  /** The groups of {@code listed} namespaces; the other {@code existing} ones are empty. */
  private SiteView view(Collection<Namespace> existing, Collection<Namespace> listed) {
    Map<Namespace, NavigableMap<GroupId, GroupView>> view = new ConcurrentSkipListMap<>();
    existing.forEach(ns -> view.put(ns, new TreeMap<>()));
    Map<Namespace, SnapshotList> lists = new HashMap<>();
    List<Runnable> requests = new ArrayList<>();
    for (Namespace ns : listed) {
      SnapshotList list = new SnapshotList();
      lists.put(ns, list);
      requests.add(() -> addSnapshots(ns, null, list));
      requests.add(() -> addGroups(ns, list));
    }
    SideBySide.forEach(requests, REQUESTS_AT_ONCE, Runnable::run);
    lists.forEach((ns, list) -> view.put(ns, groups(ns, list)));
    return SiteView.of(view);
  }

  private void requireAll(NavigableSet<Namespace> existing, NavigableSet<Namespace> visible) {
    Optional<Namespace> unseen = existing.stream().filter(ns -> !visible.contains(ns)).findFirst();
    if (unseen.isPresent()) {
      throw new BackupException(
              Kind.PERMISSION,
              place(unseen.get()) + " is not visible to us, so what vanished there is unknown")
          .with("peer", node)
          .advise("Give our token Datastore.Audit there, or take remove-vanished away.");
    }
  }

  /** Those at and below one that our token can see; the answer does not tell whether it exists. */
  private NavigableSet<Namespace> namespaces(Namespace anchor, int maxDepth) {
    Map<String, String> query = new HashMap<>();
    if (!anchor.isRoot()) {
      query.put("parent", anchor.toString());
    }
    if (maxDepth < Namespace.DEPTH_MAX) {
      query.put("max-depth", Integer.toString(maxDepth));
    }
    NavigableSet<Namespace> found = new TreeSet<>();
    ask(
        "namespace",
        query,
        anchor,
        answer -> {
          for (JsonNode entry : answer) {
            found.add(Namespace.parse(entry.path("ns").asText()));
          }
        });
    return found;
  }

  private SnapshotList snapshots(Namespace namespace, GroupId group) {
    SnapshotList list = new SnapshotList();
    addSnapshots(namespace, group, list);
    return list;
  }

  private void addSnapshots(Namespace namespace, @Nullable GroupId group, SnapshotList to) {
    Map<String, String> query = in(namespace);
    if (group != null) {
      query.put("backup-type", group.type().text());
      query.put("backup-id", group.id());
    }
    ask("snapshots", query, namespace, to::addSnapshots);
  }

  private void addGroups(Namespace namespace, SnapshotList to) {
    ask("groups", in(namespace), namespace, to::addGroups);
  }

  private NavigableMap<GroupId, GroupView> groups(Namespace namespace, SnapshotList list) {
    try {
      return list.groups();
    } catch (BackupException e) {
      throw unreadable(namespace, e);
    }
  }

  private static Map<String, String> in(Namespace namespace) {
    Map<String, String> query = new HashMap<>();
    if (!namespace.isRoot()) {
      query.put("ns", namespace.toString());
    }
    return query;
  }

  private void ask(
      String list, Map<String, String> query, Namespace place, Consumer<JsonNode> reader) {
    JsonNode answer;
    try {
      answer = node.get("/admin/datastore/" + store + "/" + list, query);
    } catch (BackupException e) {
      throw switch (e.kind()) {
        case NOT_FOUND, PERMISSION, INVALID_INPUT -> refused(list, place, e);
        default -> e;
      };
    }
    try {
      reader.accept(answer);
    } catch (BackupException e) {
      throw unreadable(place, e);
    }
  }

  private BackupException refused(String list, Namespace place, BackupException cause) {
    return new BackupException(
            cause.kind(),
            "cannot list " + list + " of " + place(place) + ": " + cause.text(),
            cause)
        .with("peer", node)
        .advise("Check that it exists there, and what our token may see.");
  }

  private BackupException unreadable(Namespace place, BackupException cause) {
    return new BackupException(
            Kind.UNSUPPORTED_VERSION,
            "cannot read the list of " + place(place) + ": " + cause.text(),
            cause)
        .with("peer", node);
  }

  private String place(Namespace namespace) {
    return node + ":" + store + (namespace.isRoot() ? "" : "/" + namespace);
  }
}
