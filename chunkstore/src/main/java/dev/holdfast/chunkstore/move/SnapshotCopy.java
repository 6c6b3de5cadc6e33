package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.datastore.SnapshotInfo;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Brings a snapshot into another datastore, file for file and byte for byte, with its protection;
 * the chunks that are there already are used. The source lets go of it afterwards, so nothing is
 * taken on trust: each chunk is checked, as far as that needs no key, whether it comes or was
 * there, and everything is made durable, whatever the level of the target is.
 */
final class SnapshotCopy {
  private final Datastore source;
  private final Datastore target;
  private final MoveWatcher watcher;

  SnapshotCopy(Datastore source, Datastore target, MoveWatcher watcher) {
    this.source = source;
    this.target = target;
    this.watcher = watcher;
  }

  /** Whether the target has this very snapshot: from a move that was interrupted, or a sync. */
  boolean isThere(Namespace from, SnapshotId snapshot, Namespace to) {
    return target.isFinished(to, snapshot)
        && Arrays.equals(
            source.readBlob(from, snapshot, ArchiveName.MANIFEST),
            target.readBlob(to, snapshot, ArchiveName.MANIFEST));
  }

  /** Durable when it returns. The caller holds the group in both. */
  void run(Namespace from, SnapshotId snapshot, Namespace to) {
    try (Lease held = source.lockSnapshotShared(from, snapshot)) {
      if (!isThere(from, snapshot, to)) {
        copy(from, snapshot, to);
      } else if (!new SnapshotVerifier(target).verify(to, snapshot).isEmpty()) {
        target.deleteSnapshot(to, snapshot, true);
        copy(from, snapshot, to);
      }
      if (source.isProtected(from, snapshot)) {
        target.setProtected(to, snapshot, true);
      }
    }
    sync();
  }

  private void copy(Namespace from, SnapshotId snapshot, Namespace to) {
    try (SnapshotWriter writer = target.beginSnapshot(to, snapshot)) {
      files(from, snapshot, writer);
      sync(); // before the manifest says that all is there
      writer.finishWith(source.readBlob(from, snapshot, ArchiveName.MANIFEST));
    }
  }

  /** Makes the target durable, whatever its level. */
  void sync() {
    try {
      target.files().syncFileSystem(target.base());
    } catch (IOException e) {
      throw FileErrors.of("cannot sync", target.base(), e);
    }
  }

  private void files(Namespace from, SnapshotId snapshot, SnapshotWriter writer) {
    DigestSet copied = new DigestSet(target.randomNumber());
    for (SnapshotInfo.FileInfo file : source.info(from, snapshot).files()) {
      ArchiveName name = new ArchiveName(file.name());
      if (name.equals(ArchiveName.MANIFEST)) {
        continue;
      }
      if (name.isIndex()) {
        chunks(source.readIndex(from, snapshot, name), copied);
      }
      writer.rawFile(name, content(from, snapshot, name));
    }
  }

  private void chunks(ChunkIndex index, DigestSet copied) {
    for (int i = 0; i < index.chunkCount(); i++) {
      watcher.checkStop();
      Digest digest = index.digest(i);
      if (copied.add(digest)) {
        chunk(digest);
      }
    }
  }

  private void chunk(Digest digest) {
    if (target.chunks().touch(digest)) {
      if (isGood(digest, target.chunks().read(digest))) {
        return;
      }
      var unused = target.chunks().setAside(digest, stored -> !isGood(digest, stored));
    }
    byte[] encoded = source.chunks().read(digest);
    ChunkCheck.stored(encoded, encoded.length, digest, ChunkCheck.LENGTH_UNKNOWN);
    var unused = target.chunks().insert(digest, encoded, encoded.length);
  }

  private static boolean isGood(Digest digest, byte[] encoded) {
    try {
      ChunkCheck.stored(encoded, encoded.length, digest, ChunkCheck.LENGTH_UNKNOWN);
      return true;
    } catch (BackupException e) {
      return false;
    }
  }

  private byte[] content(Namespace from, SnapshotId snapshot, ArchiveName name) {
    Path file = source.snapshotPath(from, snapshot).resolve(name.text());
    try {
      return FileContent.read(source.files(), file, Integer.MAX_VALUE);
    } catch (IOException e) {
      throw FileErrors.of("cannot read", file, e);
    }
  }
}
