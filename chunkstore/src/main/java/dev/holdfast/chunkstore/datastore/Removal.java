package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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

  Removal(StoreContext store, Namespaces namespaces, Groups groups, Snapshots snapshots) {
    this.store = store;
    this.namespaces = namespaces;
    this.groups = groups;
    this.snapshots = snapshots;
  }

  void snapshot(Namespace namespace, SnapshotId snapshot, boolean force) {
    if (!snapshots.exists(namespace, snapshot)) {
      throw BackupException.notFound(
          "unable to open snapshot directory \""
              + store.layout().text(store.layout().snapshot(namespace, snapshot))
              + "\" for locking - "
              + Namespaces.ABSENT);
    }
    try (Lease held =
        store.lockSnapshot(
            namespace, snapshot, LockTable.Mode.EXCLUSIVE, LockTexts.SNAPSHOT_IN_USE)) {
      if (!force && snapshots.isProtected(namespace, snapshot)) {
        throw new BackupException(Kind.PERMISSION, "cannot remove protected snapshot")
            .with("namespace", namespace)
            .with("snapshot", snapshot)
            .advise("Take the protection away first.");
      }
      Directories.deleteIfExists(store.files(), store.layout().manifest(namespace, snapshot));
      Directories.removeTree(store.files(), store.layout().snapshot(namespace, snapshot));
    }
  }

  /** What the removal of a group did. */
  DeleteStats group(Namespace namespace, GroupId group) {
    Path directory = store.layout().group(namespace, group);
    if (!Directories.isDirectory(store.files(), directory)) {
      throw BackupException.notFound(
          "unable to open backup group directory \""
              + store.layout().text(directory)
              + "\" for locking - "
              + Namespaces.ABSENT);
    }
    try (Lease held = store.lockGroup(namespace, group, LockTexts.GROUP_IN_USE)) {
      int removed = 0;
      int kept = 0;
      for (SnapshotId snapshot : snapshots.list(namespace, group)) {
        if (snapshots.isProtected(namespace, snapshot)) {
          kept++;
        } else {
          snapshot(namespace, snapshot, false);
          removed++;
        }
      }
      if (kept == 0) {
        Directories.removeTree(store.files(), directory);
      }
      return new DeleteStats(kept == 0 ? 1 : 0, kept, removed);
    }
  }

  /**
   * Unfinished snapshots that nobody writes: what a crash left. The caller holds the group's lock.
   */
  void unfinished(Namespace namespace, GroupId group) {
    for (SnapshotId snapshot : snapshots.list(namespace, group)) {
      if (snapshots.isFinished(namespace, snapshot)) {
        continue;
      }
      Lease lock =
          store
              .locks()
              .tryTake(new LockTable.SnapshotKey(namespace, snapshot), LockTable.Mode.EXCLUSIVE);
      if (lock != null) {
        try (lock) {
          Directories.removeTree(store.files(), store.layout().snapshot(namespace, snapshot));
        }
      }
    }
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
        if (withGroups) {
          stats = stats.plus(group(each, group));
        } else {
          groupsLeft = true;
        }
      }
      removeEmpty(each);
    }
    if (groupsLeft) {
      throw BackupException.invalid(
          "only partially deleted due to existing groups but `delete-groups` not true ");
    }
    return stats;
  }

  // By rmdir alone, so that anything unknown in the directory keeps it.
  private void removeEmpty(Namespace namespace) {
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
