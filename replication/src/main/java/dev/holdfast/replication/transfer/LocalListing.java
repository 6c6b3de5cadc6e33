package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.SnapshotInfo;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.GroupView;
import dev.holdfast.replication.plan.Listing;
import dev.holdfast.replication.plan.Listing.FileFact;
import dev.holdfast.replication.plan.SiteView;
import dev.holdfast.replication.plan.SnapshotView;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Our own datastore as a planner sees it: what {@link RemoteListing} would tell of it. Reads the
 * manifest of every snapshot it lists; blocks on the disk.
 */
final class LocalListing {
  private final Datastore store;
  private final RemovedHere removedHere;
  private final SourceRights rights;

  /** As a source, where it does not matter what was removed. */
  LocalListing(Datastore store, SourceRights rights) {
    this(store, RemovedHere.NOTHING, rights);
  }

  /** As a target, of which all is looked at. */
  LocalListing(Datastore store, RemovedHere removedHere) {
    this(store, removedHere, SourceRights.EVERYTHING);
  }

  private LocalListing(Datastore store, RemovedHere removedHere, SourceRights rights) {
    this.store = store;
    this.removedHere = removedHere;
    this.rights = rights;
  }

  /**
   * As a source: the namespaces below {@code anchor} with the groups that may be read.
   *
   * @param anchor left out of the view when it does not exist
   * @param complete what is not in the view counts as gone: refused (PERMISSION) when there are
   *     namespaces of which nothing may be read
   */
  SiteView source(Namespace anchor, int maxDepth, boolean complete) {
    if (!store.namespaceExists(anchor)) {
      return SiteView.EMPTY;
    }
    Map<Boolean, List<Namespace>> seen =
        store.namespaces(anchor, maxDepth).stream()
            .collect(Collectors.partitioningBy(rights::sees));
    List<Namespace> visible = seen.getOrDefault(true, List.of());
    List<Namespace> hidden = seen.getOrDefault(false, List.of());
    if (visible.isEmpty()) {
      throw unreadable(anchor, "");
    }
    if (complete && !hidden.isEmpty()) {
      throw unreadable(hidden.getFirst(), ", so what vanished there is unknown");
    }
    NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> view = new TreeMap<>();
    for (Namespace ns : Views.withAncestors(visible)) {
      if (anchor.contains(ns)) {
        view.put(ns, new TreeMap<>());
      }
    }
    visible.forEach(ns -> view.put(ns, groups(ns)));
    return new SiteView(view);
  }

  private BackupException unreadable(Namespace namespace, String consequence) {
    return new BackupException(
            Kind.PERMISSION,
            "this sync may read nothing in namespace '"
                + namespace
                + "' of datastore '"
                + store.name()
                + "'"
                + consequence)
        .with("datastore", store.name())
        .with("namespace", namespace)
        .advise("Give its owner Datastore.Read there, or Datastore.Backup for groups of his own.");
  }

  /** As a source of one group; an empty namespace when there is none that may be read. */
  SiteView source(Namespace anchor, Namespace namespace, GroupId group) {
    NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> view = new TreeMap<>();
    for (Namespace ns : List.of(anchor, namespace)) {
      if (store.namespaceExists(ns)) {
        view.put(ns, new TreeMap<>());
      }
    }
    if (view.containsKey(namespace) && rights.sees(namespace)) {
      view.put(namespace, one(namespace, group));
    }
    return new SiteView(view);
  }

  /** As a target: all namespaces, and the groups of those at and below {@code anchor}. */
  SiteView target(Namespace anchor, int maxDepth) {
    NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> view = allNamespaces();
    view.replaceAll(
        (ns, none) ->
            anchor.contains(ns) && ns.depth() - anchor.depth() <= maxDepth ? groups(ns) : none);
    return new SiteView(view);
  }

  /** As a target for one group: all namespaces, and this group if it is there. */
  SiteView target(Namespace namespace, GroupId group) {
    NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> view = allNamespaces();
    view.computeIfPresent(namespace, (ns, none) -> one(ns, group));
    return new SiteView(view);
  }

  private NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> allNamespaces() {
    NavigableMap<Namespace, NavigableMap<GroupId, GroupView>> view = new TreeMap<>();
    store
        .namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)
        .forEach(ns -> view.put(ns, new TreeMap<>()));
    return view;
  }

  private NavigableMap<GroupId, GroupView> groups(Namespace namespace) {
    NavigableMap<GroupId, GroupView> groups = new TreeMap<>();
    for (GroupId group : store.groups(namespace)) {
      groups.putAll(one(namespace, group));
    }
    return groups;
  }

  /** The group alone; nothing when it is not there, or not readable, or removed while it is. */
  private NavigableMap<GroupId, GroupView> one(Namespace namespace, GroupId group) {
    NavigableMap<GroupId, GroupView> found = new TreeMap<>();
    AuthId owner = unlessGone(() -> store.owner(namespace, group));
    if (owner != null && rights.reads(namespace, owner)) {
      NavigableMap<Long, SnapshotView> snapshots = new TreeMap<>();
      for (SnapshotId id : store.snapshots(namespace, group)) {
        SnapshotInfo info = unlessGone(() -> store.info(namespace, id));
        if (info != null) {
          snapshots.put(id.time(), view(namespace, info));
        }
      }
      found.put(group, new GroupView(owner, snapshots, removedHere.times(namespace, group)));
    }
    return found;
  }

  private interface Read<T> {
    T read();
  }

  private static <T> @Nullable T unlessGone(Read<T> read) {
    try {
      return read.read();
    } catch (BackupException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private SnapshotView view(Namespace namespace, SnapshotInfo info) {
    Manifest manifest = info.manifest();
    Listing listing = manifest == null ? Listing.NOTHING : listing(info, manifest);
    return new SnapshotView(
        info.id().time(),
        info.isFinished(),
        info.isProtected(),
        store.held(namespace, info.id()).isPresent(),
        listing);
  }

  private static Listing listing(SnapshotInfo info, Manifest manifest) {
    SortedMap<String, FileFact> files = new TreeMap<>();
    for (SnapshotInfo.FileInfo file : info.files()) {
      Long size = file.size();
      files.put(
          file.name(),
          new FileFact(
              file.crypt() == null ? null : file.crypt().text(),
              size == null ? Listing.BYTES_UNKNOWN : size));
    }
    VerifyState verified = manifest.verifyState();
    return new Listing(
        Listing.commentOf(manifest.notes().orElse("")),
        verified == null ? null : verified.state().text(),
        files);
  }
}
