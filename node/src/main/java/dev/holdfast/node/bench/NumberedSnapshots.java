package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.ArchiveDownload;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.KnownChunks;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.peer.SnapshotFiles;
import dev.holdfast.replication.peer.UploadMeans;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

/**
 * Snapshots of one archive whose content follows from their number, so that whoever restores one
 * can tell whether it is whole. All of it goes over the wire; a quarter is new to the store. Used
 * by many threads at once.
 */
final class NumberedSnapshots {
  private static final ArchiveName ARCHIVE = new ArchiveName("data.pxar.didx");
  private static final int CHUNKS = 16;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int COMMON_CHUNKS = 256;

  private final RemoteNode node;
  private final DatastoreName datastore;
  private final Executor pool;

  /**
   * @param pool hashes and decodes
   */
  NumberedSnapshots(RemoteNode node, DatastoreName datastore, Executor pool) {
    this.node = node;
    this.datastore = datastore;
    this.pool = pool;
  }

  static SnapshotId id(int group, long number) {
    return new SnapshotId(new GroupId(BackupType.HOST, "load-" + group), number);
  }

  /** Blocks until the node has it. The number is its time, too: they grow within a group. */
  void backUp(SnapshotId snapshot) {
    try (BackupSession session = node.openBackup(datastore, Namespace.ROOT, snapshot, false)) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(session, ARCHIVE, new UploadMeans(new KnownChunks(), pool));
      for (int i = 0; i < CHUNKS; i++) {
        upload.chunk(chunk(snapshot, i), CHUNK_BYTES);
      }
      ManifestFile file = upload.finish();
      session.blob(ArchiveName.MANIFEST, Manifest.of(snapshot, List.of(file)).encodeBlob());
      session.finish();
    }
  }

  /** Restores it; throws when a byte differs. */
  void check(SnapshotId snapshot) throws IOException {
    try (ReaderSession session = node.openReader(datastore, Namespace.ROOT, snapshot)) {
      SnapshotFiles files = SnapshotFiles.open(session, snapshot, NumberedSnapshots::noKey);
      ManifestFile file = files.file(ARCHIVE);
      try (ArchiveDownload content = files.content(file, files.index(file), pool)) {
        for (int i = 0; i < CHUNKS; i++) {
          if (!Arrays.equals(content.readNBytes(CHUNK_BYTES), chunk(snapshot, i))) {
            throw new IOException("restored other bytes in MiB " + i + " of " + snapshot);
          }
        }
      }
    }
  }

  private static EncryptionKey noKey() {
    throw new IllegalStateException("found a key's traces in a snapshot that was made without");
  }

  static long bytes() {
    return (long) CHUNKS * CHUNK_BYTES;
  }

  private static byte[] chunk(SnapshotId snapshot, int position) {
    long own = (snapshot.group().id().hashCode() * 31L + snapshot.time()) * CHUNKS + position;
    byte[] content = new byte[CHUNK_BYTES];
    long seed =
        position % 4 == 0 ? COMMON_CHUNKS + Math.abs(own) : Math.floorMod(own, COMMON_CHUNKS);
    new SplittableRandom(seed).nextBytes(content);
    return content;
  }
}
