package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Writes one snapshot. Until {@link #finish} there is no manifest on disk, so whatever happens
 * before — a dropped connection, a killed process, a lost machine — leaves nothing that could be
 * taken for a snapshot: the manifest that a client uploads is kept in memory, and written last,
 * after everything else is durable.
 *
 * <p>Not thread-safe; its owner calls one method at a time. Must end with {@link #finish} or {@link
 * #abort}; both give back the snapshot's lock.
 */
public final class SnapshotWriter {
  private final StoreContext store;
  private final Snapshots snapshots;
  private final Namespace namespace;
  private final SnapshotId snapshot;
  private final boolean existed;
  private final Lease lock;
  private final Set<String> written = new HashSet<>();
  private byte @Nullable [] manifest;
  private boolean ended;

  SnapshotWriter(
      StoreContext store,
      Snapshots snapshots,
      Namespace namespace,
      SnapshotId snapshot,
      boolean existed,
      Lease lock) {
    this.store = store;
    this.snapshots = snapshots;
    this.namespace = namespace;
    this.snapshot = snapshot;
    this.existed = existed;
    this.lock = lock;
  }

  public SnapshotId snapshot() {
    return snapshot;
  }

  /** The caller finishes or closes the index writer before this writer ends. */
  public DynamicIndexWriter dynamicIndex(ArchiveName name) {
    return DynamicIndexWriter.create(
        store.files(), newFile(name), store.uuid(), store.nowSeconds());
  }

  /** The caller finishes or closes the index writer before this writer ends. */
  public FixedIndexWriter fixedIndex(ArchiveName name, long contentBytes, int chunkBytes) {
    return FixedIndexWriter.create(
        store.files(), newFile(name), store.uuid(), store.nowSeconds(), contentBytes, chunkBytes);
  }

  /** A blob as it is stored, checked by the caller; one of the same name is replaced. */
  public void blob(ArchiveName name, byte[] encoded) {
    if (name.equals(ArchiveName.MANIFEST)) {
      manifest = encoded.clone();
    } else {
      rawFile(name, encoded);
    }
  }

  /** Any file but the manifest, byte for byte: what a replica takes over from its source. */
  public void rawFile(ArchiveName name, byte[] content) {
    requireOpen();
    Path file = file(name);
    try {
      store.atomic().replace(file, content, store.syncLevel() == SyncLevel.FILE);
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot write", file, content.length, e);
    }
    written.add(name.text());
  }

  /**
   * Makes everything durable, then writes the uploaded manifest, changed: from then on there is a
   * snapshot. Throws with PBS's words when no manifest was uploaded or it cannot be read; the
   * writer then stays open.
   */
  public void finish(UnaryOperator<Manifest> change) {
    byte[] uploaded = manifest;
    if (uploaded == null) {
      throw Snapshots.updateFailed(
          BackupException.invalid(snapshots.missingManifest(namespace, snapshot)));
    }
    Manifest changed;
    try {
      changed = change.apply(Manifest.decodeBlob(uploaded));
    } catch (BackupException e) {
      throw Snapshots.updateFailed(new BackupException(Kind.INVALID_INPUT, e.text(), e));
    }
    finishWith(changed.encodeBlob());
  }

  /** As {@link #finish}, with a manifest as it is: byte for byte that of the source. */
  public void finishWith(byte[] manifestBlob) {
    requireOpen();
    makeDurable();
    snapshots.writeManifest(namespace, snapshot, manifestBlob);
    if (existed) {
      removeLeftovers(Manifest.decodeBlob(manifestBlob));
    }
    end();
  }

  private void makeDurable() {
    Path directory = store.layout().snapshot(namespace, snapshot);
    try {
      switch (store.syncLevel()) {
        case NONE -> {}
        case FILE -> {
          for (String name : written) {
            store.files().syncFile(directory.resolve(name));
          }
          store.files().syncDirectory(directory);
        }
        case FILESYSTEM -> store.files().syncFileSystem(directory);
      }
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot make durable", directory, 0, e);
    }
  }

  // Of an older state of the same snapshot: archives that the new manifest does not name. Marks and
  // logs stay.
  private void removeLeftovers(Manifest now) {
    for (SnapshotInfo.FileInfo file : snapshots.info(namespace, snapshot).files()) {
      ArchiveName name = new ArchiveName(file.name());
      boolean keep =
          name.equals(ArchiveName.MANIFEST)
              || name.equals(ArchiveName.CLIENT_LOG)
              || now.file(name) != null;
      if (!keep) {
        Directories.deleteIfExists(store.files(), file(name));
      }
    }
  }

  /**
   * Removes what a new snapshot got so far; one that existed before keeps what it had. Calling it
   * after an end does nothing.
   */
  public void abort() {
    if (ended) {
      return;
    }
    try {
      if (!existed) {
        Directories.removeTree(store.files(), store.layout().snapshot(namespace, snapshot));
      }
    } finally {
      end();
    }
  }

  private void end() {
    ended = true;
    lock.close();
  }

  private Path newFile(ArchiveName name) {
    requireOpen();
    written.add(name.text());
    return file(name);
  }

  private Path file(ArchiveName name) {
    return store.layout().file(namespace, snapshot, name);
  }

  private void requireOpen() {
    if (ended) {
      throw new IllegalStateException("snapshot " + snapshot + " is not being written any more");
    }
  }
}
