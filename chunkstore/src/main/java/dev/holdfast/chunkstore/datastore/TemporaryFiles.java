package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.nio.file.Path;
import java.util.List;

/**
 * Removes files that were to replace others and whose writers died: beside the owner of a group, in
 * a finished snapshot, in the base directory. Each method excludes those who write there, and
 * returns what it removed. Chunks' are garbage collection's.
 */
final class TemporaryFiles {
  private final StoreContext store;

  TemporaryFiles(StoreContext store) {
    this.store = store;
  }

  List<Path> removeFromBase() {
    store.tree().lock();
    try {
      return remove(store.layout().base());
    } finally {
      store.tree().unlock();
    }
  }

  List<Path> removeFromGroup(Namespace namespace, GroupId group) {
    try (Lease held = store.manifestLocks().take(namespace, group)) {
      return remove(store.layout().group(namespace, group));
    }
  }

  /** The caller holds the group's lock, so that nobody brings a newer state of the snapshot. */
  List<Path> removeFromSnapshot(Namespace namespace, SnapshotId snapshot) {
    try (Lease held = store.manifestLocks().take(namespace, snapshot)) {
      return remove(store.layout().snapshot(namespace, snapshot));
    }
  }

  private List<Path> remove(Path directory) {
    List<Path> found =
        Directories.names(store.files(), directory).stream()
            .filter(AtomicFiles::isTemporary)
            .map(directory::resolve)
            .toList();
    found.forEach(file -> Directories.deleteIfExists(store.files(), file));
    return found;
  }
}
