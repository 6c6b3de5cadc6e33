package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.StoredSnapshot;
import java.time.Instant;
import java.util.Optional;

/** A snapshot at the source, opened: it cannot be removed there until this is closed. */
final class SnapshotSource implements AutoCloseable {
  private final StoredSnapshot session;
  private final byte[] manifestBlob;
  private final Manifest manifest;
  private final FilesAhead files;
  private final Instant begin;

  private SnapshotSource(
      StoredSnapshot session, byte[] manifestBlob, Manifest manifest, Instant begin) {
    this.session = session;
    this.manifestBlob = manifestBlob;
    this.manifest = manifest;
    this.files = new FilesAhead(session, manifest);
    this.begin = begin;
  }

  /**
   * Waits for the peer. Empty when there is no such snapshot any more.
   *
   * @param whole all files will be wanted
   * @throws BackupException CORRUPT_DATA for a manifest that cannot be read or is of another one
   */
  static Optional<SnapshotSource> open(
      PullEnds ends, Namespace namespace, SnapshotId id, boolean whole) {
    Instant begin = ends.clock().instant();
    Optional<StoredSnapshot> opened = ends.source().open(namespace, id);
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    StoredSnapshot session = opened.get();
    try {
      byte[] blob = session.download(ArchiveName.MANIFEST, DataBlob.BLOB_ENCODED_BYTES_MAX);
      Manifest manifest = Manifest.decodeBlob(blob);
      if (!manifest.snapshot().equals(id)) {
        throw BackupException.corrupt("the source's manifest is of " + manifest.snapshot());
      }
      SnapshotSource source = new SnapshotSource(session, blob, manifest, begin);
      if (whole) {
        source.files.start();
      }
      return Optional.of(source);
    } catch (BackupException e) {
      session.close();
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  StoredSnapshot session() {
    return session;
  }

  /** The bytes of the manifest as the source has it; only to be read. */
  byte[] manifestBlob() {
    return manifestBlob;
  }

  Manifest manifest() {
    return manifest;
  }

  /** All other files, and the client's log. */
  FilesAhead files() {
    return files;
  }

  /** When the snapshot was asked for. */
  Instant begin() {
    return begin;
  }

  /** Ends the session; what is pending fails. */
  @Override
  public void close() {
    session.close();
  }
}
