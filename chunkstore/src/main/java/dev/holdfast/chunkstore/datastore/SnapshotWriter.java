package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes one snapshot, for a backup session and for a pull. Until the end there is no manifest on
 * disk, so whatever happens before — a dropped connection, a killed process, a lost machine —
 * leaves nothing that could be taken for a snapshot: the manifest that a client uploads is kept in
 * memory, and written last, after everything else is in place and durable.
 *
 * <p>A reopened snapshot (one that was finished before) keeps its files as they are until the end:
 * replacements wait under temporary names.
 *
 * <p>Must end with {@link #finish}, {@link #finishWith} or {@link #abort}; each gives back the
 * snapshot's lock and the writer guard. Methods may be called from different threads, each runs
 * alone; the index writers made here belong to the caller.
 */
public final class SnapshotWriter implements AutoCloseable {
  private enum State {
    OPEN,
    FINISHED,
    ABORTED
  }

  /** What an index is called while it is written (spec/formats.md §1.3). */
  private static final Pattern OPEN_INDEX = Pattern.compile(".*\\.tmp_[fd]idx");

  private final StoreContext store;
  private final Snapshots snapshots;
  private final Namespace namespace;
  private final SnapshotId snapshot;
  private final Path directory;
  private final boolean reopened;
  private final Lease lock;
  private final WriterGuard guard;

  private final Map<ArchiveName, Path> staged = new LinkedHashMap<>();
  private byte @Nullable [] manifest;
  private State state = State.OPEN;

  SnapshotWriter(
      StoreContext store,
      Snapshots snapshots,
      Namespace namespace,
      SnapshotId snapshot,
      boolean reopened,
      Lease lock) {
    this.store = store;
    this.snapshots = snapshots;
    this.namespace = namespace;
    this.snapshot = snapshot;
    this.directory = store.layout().snapshot(namespace, snapshot);
    this.reopened = reopened;
    this.lock = lock;
    this.guard = store.writers().open();
  }

  public Namespace namespace() {
    return namespace;
  }

  public SnapshotId snapshot() {
    return snapshot;
  }

  /** Whether {@link #finish} or {@link #finishWith} has succeeded. */
  public synchronized boolean isFinished() {
    return state == State.FINISHED;
  }

  /** The caller finishes the index writer before this writer's end, or closes it. */
  public synchronized DynamicIndexWriter dynamicIndex(ArchiveName name) {
    Path file = newIndex(name);
    return DynamicIndexWriter.create(store.files(), file, store.uuid(), store.nowSeconds());
  }

  /** The caller finishes the index writer before this writer's end, or closes it. */
  public synchronized FixedIndexWriter fixedIndex(
      ArchiveName name, long contentBytes, int chunkBytes) {
    Path file = newIndex(name);
    return FixedIndexWriter.create(
        store.files(), file, store.uuid(), store.nowSeconds(), contentBytes, chunkBytes);
  }

  /** As {@link #fixedIndex}, of an image whose size shows only while it comes. */
  public synchronized FixedIndexWriter growingFixedIndex(ArchiveName name, int chunkBytes) {
    Path file = newIndex(name);
    return FixedIndexWriter.createGrowing(
        store.files(), file, store.uuid(), store.nowSeconds(), chunkBytes);
  }

  private Path newIndex(ArchiveName name) {
    requireOpen();
    if (reopened) {
      throw new IllegalStateException("a finished snapshot takes whole files only");
    }
    Path file = file(name);
    if (Directories.exists(store.files(), file)) {
      // Its digests were counted and maybe announced; a second one would silently replace them.
      throw BackupException.invalid("archive '" + name + "' is in this backup already")
          .with("snapshot", snapshot);
    }
    return file;
  }

  /** A blob as it is stored, checked by the caller; one of the same name is replaced. */
  public synchronized void blob(ArchiveName name, byte[] encoded) {
    if (name.equals(ArchiveName.MANIFEST)) {
      requireOpen();
      manifest = encoded.clone();
    } else {
      rawFile(name, encoded);
    }
  }

  /** Any file but the manifest, byte for byte: what a replica takes over from its source. */
  public synchronized void rawFile(ArchiveName name, byte[] content) {
    requireOpen();
    if (name.equals(ArchiveName.MANIFEST)) {
      // A hostile source could list it among its files, and so have a part taken for a whole.
      throw BackupException.invalid("'" + name + "' is written last, not among the files")
          .with("snapshot", snapshot);
    }
    Path file = file(name);
    if (isHeldAsItIs(name, content)) {
      return;
    }
    try {
      if (reopened) {
        Path before = staged.put(name, store.atomic().stage(file, content, content.length, false));
        if (before != null) {
          Directories.deleteIfExists(store.files(), before);
        }
      } else {
        store.atomic().replace(file, content, false);
      }
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot write", file, content.length, e)
          .with("datastore", store.name())
          .with("snapshot", snapshot);
    }
  }

  /** A held snapshot keeps its files: the same bytes need not be written, others are refused. */
  private boolean isHeldAsItIs(ArchiveName name, byte[] content) {
    Optional<Held> held = held();
    if (held.isEmpty() || !Directories.exists(store.files(), file(name))) {
      return false;
    }
    if (!hasBytes(file(name), content)) {
      throw held.get()
          .refusal("replace '" + name + "' of snapshot " + snapshot)
          .with("namespace", namespace);
    }
    return true;
  }

  private boolean hasBytes(Path file, byte[] content) {
    try {
      return Directories.fileBytes(store.files(), file) == content.length
          && Arrays.equals(FileContent.read(store.files(), file, content.length), content);
    } catch (IOException e) {
      throw FileErrors.of("cannot read", file, e);
    }
  }

  private Optional<Held> held() {
    return reopened ? snapshots.held(namespace, snapshot) : Optional.empty();
  }

  /**
   * Makes everything durable, then writes the uploaded manifest, changed: from then on there is a
   * snapshot. Throws with PBS's words when no manifest was uploaded or it cannot be read. After any
   * error nothing is listed and the writer stays open, to be mended or aborted.
   */
  public synchronized void finish(UnaryOperator<Manifest> change) {
    requireOpen();
    requireIndexesFinished();
    end(changedManifest(change));
  }

  private byte[] changedManifest(UnaryOperator<Manifest> change) {
    byte[] uploaded = manifest;
    try {
      if (uploaded == null) {
        throw BackupException.invalid(snapshots.missingManifest(namespace, snapshot));
      }
      return change.apply(Manifest.decodeBlob(uploaded)).encodeBlob();
    } catch (BackupException e) {
      // The client sent it, whatever kind of error it is otherwise.
      throw Snapshots.updateFailed(new BackupException(Kind.INVALID_INPUT, e.text(), e));
    }
  }

  /**
   * As {@link #finish}, with a manifest as it is: byte for byte that of the source. In a reopened
   * snapshot, archives that it does not list are then removed; the log and marks of our own stay. A
   * held snapshot takes only a manifest of the same content over its own, and loses no file; one
   * whose manifest cannot be read takes a new one.
   */
  public synchronized void finishWith(byte[] manifestBlob) {
    requireOpen();
    requireIndexesFinished();
    Manifest.decodeBlob(manifestBlob);
    end(manifestBlob);
  }

  private void end(byte[] manifestBlob) {
    try (Lease manifests = store.manifestLocks().take(namespace, snapshot)) {
      Optional<Held> held = held();
      held.ifPresent(hold -> requireSameContent(hold, Manifest.decodeBlob(manifestBlob)));
      putStagedInPlace(held.isPresent());
      makeDurable();
      snapshots.writeManifest(namespace, snapshot, manifestBlob);
      if (reopened && held.isEmpty()) {
        removeUnlisted(Manifest.decodeBlob(manifestBlob));
      }
    }
    state = State.FINISHED;
    release();
  }

  private void requireSameContent(Held held, Manifest now) {
    Manifest before = snapshots.info(namespace, snapshot).manifest();
    if (before != null && !now.sameContent(before)) {
      throw held.refusal("change what snapshot " + snapshot + " holds")
          .with("namespace", namespace);
    }
  }

  // Sessions refuse this with the same words before; it holds for every caller.
  private void requireIndexesFinished() {
    for (String name : Directories.names(store.files(), directory)) {
      if (OPEN_INDEX.matcher(name).matches()) {
        throw BackupException.invalid("found open index writer - unable to finish backup")
            .with("file", name);
      }
    }
  }

  /**
   * While content of a listed snapshot is exchanged it is not listed: a crash in between must not
   * leave the old manifest over new files. (A new client log changes no content. Content differs
   * only when the local copy is damaged, or another snapshot took this time at the source.) To a
   * held one files are only added, and what is held stays listed.
   */
  private void putStagedInPlace(boolean held) {
    boolean contentChanges =
        !held && staged.keySet().stream().anyMatch(name -> !name.equals(ArchiveName.CLIENT_LOG));
    if (contentChanges) {
      Directories.deleteIfExists(store.files(), store.layout().manifest(namespace, snapshot));
    }
    for (ArchiveName name : List.copyOf(staged.keySet())) {
      Path temporary = staged.get(name);
      try {
        if (temporary != null) {
          store.files().rename(temporary, file(name));
          staged.remove(name);
        }
      } catch (IOException e) {
        throw FileErrors.of("cannot rename into place", file(name), e);
      }
    }
  }

  /** All but the manifest, which is then written durably by itself. */
  private void makeDurable() {
    try {
      switch (store.syncLevel()) {
        case NONE -> {}
        case FILE -> syncFiles();
        case FILESYSTEM -> store.files().syncFileSystem(directory);
      }
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot make durable", directory, 0, e);
    }
  }

  // Chunks are durable already at this level. Directories up to the base may be new.
  private void syncFiles() throws IOException {
    for (String name : Directories.names(store.files(), directory)) {
      store.files().syncFile(directory.resolve(name));
    }
    Directories.syncUpTo(store.files(), store.layout().base(), directory);
  }

  private void removeUnlisted(Manifest now) {
    for (String name : Directories.names(store.files(), directory)) {
      boolean keep =
          name.startsWith(".")
              || name.equals(ArchiveName.MANIFEST.text())
              || name.equals(ArchiveName.CLIENT_LOG.text())
              || now.files().stream().map(ManifestFile::name).anyMatch(n -> n.text().equals(name));
      if (!keep) {
        Directories.deleteIfExists(store.files(), directory.resolve(name));
      }
    }
  }

  /**
   * Removes what a new snapshot got so far; a reopened one keeps what it had. After an end it does
   * nothing. The locks are given back even when the removal fails.
   */
  public synchronized void abort() {
    if (state != State.OPEN) {
      return;
    }
    state = State.ABORTED;
    try {
      if (reopened) {
        staged.values().forEach(file -> Directories.deleteIfExists(store.files(), file));
      } else {
        snapshots.remove(namespace, snapshot);
      }
    } finally {
      release();
    }
  }

  /** The same as {@link #abort}. */
  @Override
  public void close() {
    abort();
  }

  private void release() {
    guard.close();
    lock.close();
  }

  private Path file(ArchiveName name) {
    return store.layout().file(namespace, snapshot, name);
  }

  private void requireOpen() {
    switch (state) {
      case OPEN -> {}
      case FINISHED -> throw BackupException.invalid("backup already marked as finished.");
      case ABORTED ->
          throw new BackupException(
              Kind.CANCELLED, "the backup of snapshot " + snapshot + " was aborted");
    }
  }
}
