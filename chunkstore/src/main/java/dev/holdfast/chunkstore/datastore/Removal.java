package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes snapshots, groups and namespaces (spec/formats.md §1.10). The manifest goes first, so
 * that an interrupted removal leaves an unfinished snapshot, never a listed one with parts missing.
 * Chunks are garbage collection's.
 */
final class Removal {
  private final StoreContext store;
  private final Namespaces namespaces;
  private final Groups groups;
  private final Snapshots snapshots;
  private final TemporaryFiles temporary;

  Removal(StoreContext store, Namespaces namespaces, Groups groups, Snapshots snapshots) {
    this.store = store;
    this.namespaces = namespaces;
    this.groups = groups;
    this.snapshots = snapshots;
    this.temporary = new TemporaryFiles(store);
  }

  /**
   * With its last snapshot a group goes too, as in PBS since 3.3.5, unless somebody has its lock.
   */
  void snapshot(Namespace namespace, SnapshotId snapshot, boolean force) {
    alone(
        namespace,
        snapshot,
        () -> {
          if (!force && snapshots.isProtected(namespace, snapshot)) {
            throw BackupException.invalid("cannot remove protected snapshot")
                .with("namespace", namespace)
                .with("snapshot", snapshot)
                .advise("Take the protection away first.");
          }
          snapshots.remove(namespace, snapshot);
        });
  }

  /** What another datastore has and keeps now. */
  void moved(Namespace namespace, SnapshotId snapshot) {
    alone(namespace, snapshot, () -> snapshots.removeFiles(namespace, snapshot));
  }

  private void alone(Namespace namespace, SnapshotId snapshot, Runnable removal) {
    try (Lease held =
        store.lockSnapshot(
            namespace, snapshot, LockTable.Mode.EXCLUSIVE, LockTexts.SNAPSHOT_IN_USE)) {
      if (!snapshots.exists(namespace, snapshot)) {
        throw BackupException.notFound(
                "unable to open snapshot directory \""
                    + store.layout().text(store.layout().snapshot(namespace, snapshot))
                    + "\" for locking - "
                    + Namespaces.ABSENT)
            .with("datastore", store.name())
            .with("namespace", namespace);
      }
      // Held, so that nobody protects it or rewrites its manifest in between.
      try (Lease manifest = store.manifestLocks().take(namespace, snapshot)) {
        removal.run();
      }
    }
    removeGroupIfEmpty(namespace, snapshot.group());
  }

  // Whoever holds the lock is about to add a snapshot, or removes the group himself.
  private void removeGroupIfEmpty(Namespace namespace, GroupId group) {
    Lease lease =
        store.locks().tryTake(new LockTable.GroupKey(namespace, group), LockTable.Mode.EXCLUSIVE);
    if (lease != null) {
      try (lease) {
        groups.removeIfEmpty(namespace, group);
      }
    }
  }

  /** All snapshots but protected and held ones; the group itself when none of those is left. */
  DeleteStats group(Namespace namespace, GroupId group) {
    try (Lease held = store.lockGroup(namespace, group, LockTexts.GROUP_IN_USE)) {
      Path directory = store.layout().group(namespace, group);
      if (!Directories.isDirectory(store.files(), directory)) {
        throw BackupException.notFound(
                "unable to open backup group directory \""
                    + store.layout().text(directory)
                    + "\" for locking - "
                    + Namespaces.ABSENT)
            .with("datastore", store.name())
            .with("namespace", namespace);
      }
      int removed = 0;
      int kept = 0;
      int heldByHold = 0;
      for (SnapshotId snapshot : snapshots.list(namespace, group)) {
        if (snapshots.isProtected(namespace, snapshot)) {
          kept++;
        } else if (snapshots.held(namespace, snapshot).isPresent()) {
          kept++;
          heldByHold++;
        } else {
          snapshot(namespace, snapshot, false);
          removed++;
        }
      }
      if (kept == 0) {
        groups.removeDirectory(namespace, group);
      }
      return new DeleteStats(kept == 0 ? 1 : 0, kept, heldByHold, removed);
    }
  }

  /**
   * Unfinished snapshots that nobody writes: what a crash left. The caller holds the group's lock.
   * Returns the snapshots that were removed.
   */
  List<SnapshotId> unfinished(Namespace namespace, GroupId group) {
    List<SnapshotId> removed = new ArrayList<>();
    for (SnapshotId snapshot : snapshots.list(namespace, group)) {
      if (snapshots.hasManifestFile(namespace, snapshot)) {
        continue;
      }
      Lease lease =
          store
              .locks()
              .tryTake(new LockTable.SnapshotKey(namespace, snapshot), LockTable.Mode.EXCLUSIVE);
      if (lease == null) {
        continue;
      }
      try (lease) {
        // Looked at again under the lock: its writer may have finished just now.
        if (!snapshots.hasManifestFile(namespace, snapshot)) {
          snapshots.remove(namespace, snapshot);
          removed.add(snapshot);
        }
      }
    }
    return removed;
  }

  /** See {@link Datastore#removeRemains}. */
  List<String> remains() {
    List<String> removed = new ArrayList<>();
    tell(temporary.removeFromBase(), removed);
    for (Namespace namespace : namespaces.list(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : groups.directories(namespace)) {
        Lease lease =
            store
                .locks()
                .tryTake(new LockTable.GroupKey(namespace, group), LockTable.Mode.EXCLUSIVE);
        if (lease != null) {
          try (lease) {
            remains(namespace, group, removed);
          }
        }
      }
    }
    return removed;
  }

  private void remains(Namespace namespace, GroupId group, List<String> removed) {
    for (SnapshotId snapshot : unfinished(namespace, group)) {
      removed.add("snapshot " + store.layout().text(store.layout().snapshot(namespace, snapshot)));
    }
    tell(temporary.removeFromGroup(namespace, group), removed);
    for (SnapshotId snapshot : snapshots.list(namespace, group)) {
      tell(temporary.removeFromSnapshot(namespace, snapshot), removed);
    }
    if (isHalfMade(namespace, group)
        && Directories.isDirectory(store.files(), store.layout().group(namespace, group))) {
      groups.removeIfEmpty(namespace, group);
      removed.add("group " + store.layout().text(store.layout().group(namespace, group)));
    }
  }

  private void tell(List<Path> files, List<String> removed) {
    files.forEach(file -> removed.add("file " + store.layout().text(file)));
  }

  /**
   * The namespace and all below it, deepest first. Groups stop it unless {@code withGroups}; what
   * was emptied before the refusal stays removed, as with PBS.
   */
  DeleteStats namespace(Namespace namespace, boolean withGroups) {
    if (namespace.isRoot()) {
      throw BackupException.invalid(Namespaces.ROOT_REFUSED);
    }
    if (!namespaces.exists(namespace)) {
      if (withGroups) {
        throw BackupException.notFound(Namespaces.ABSENT);
      }
      return DeleteStats.NONE;
    }
    DeleteStats stats = DeleteStats.NONE;
    boolean groupsLeft = false;
    List<Namespace> deepestFirst = namespaces.list(namespace, Namespace.DEPTH_MAX).reversed();
    for (Namespace each : deepestFirst) {
      for (GroupId group : groups.directories(each)) {
        if (withGroups || isHalfMade(each, group)) {
          stats = stats.plus(group(each, group));
        } else {
          groupsLeft = true;
        }
      }
      removeEmpty(each);
    }
    if (groupsLeft) {
      throw BackupException.invalid(
          "only partially deleted due to existing groups but `delete-groups` not true");
    }
    if (stats.protectedSnapshots() == 0 && namespaces.exists(namespace)) {
      throw BackupException.invalid(
              "only partially deleted: found something unknown or new in namespace " + namespace)
          .with("datastore", store.name())
          .advise("Look into its directory on the server.");
    }
    return stats;
  }

  // A group that a crash kept from being made is in no listing, so it must not be in the way.
  private boolean isHalfMade(Namespace namespace, GroupId group) {
    return Directories.fileBytes(store.files(), store.layout().owner(namespace, group)) <= 0
        && !groups.hasSnapshotDirectory(namespace, group);
  }

  // By rmdir alone, so that anything unknown in the directory keeps it.
  void removeEmpty(Namespace namespace) {
    store.tree().lock();
    try {
      for (BackupType type : BackupType.values()) {
        removeDirectory(store.layout().type(namespace, type));
      }
      removeDirectory(store.layout().children(namespace));
      removeDirectory(store.layout().namespace(namespace));
    } finally {
      store.tree().unlock();
    }
  }

  private void removeDirectory(Path directory) {
    try {
      store.files().delete(directory);
    } catch (NoSuchFileException | DirectoryNotEmptyException e) {
      // gone already, or still in use: both are fine
    } catch (IOException e) {
      throw FileErrors.of("cannot remove directory", directory, e);
    }
  }
}
