package dev.holdfast.node.testing;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.KnownChunks;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.peer.UploadMeans;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;

/**
 * A backup of one archive and a blob, as our own client makes it. Its content follows from a seed;
 * half of its chunks are the same whatever the seed.
 */
public final class SmallUpload {
  public static final ArchiveName ARCHIVE = new ArchiveName("root.pxar.didx");
  public static final ArchiveName CONF = new ArchiveName("guest.conf.blob");

  private static final int CHUNKS = 4;
  private static final int CHUNK_BYTES = 2000;

  private SmallUpload() {}

  /** Some kilobytes; throws the node's refusal. */
  public static void run(
      RemoteNode node, DatastoreName store, Namespace namespace, SnapshotId snapshot, long seed) {
    run(node, store, namespace, snapshot, seed, CHUNKS, CHUNK_BYTES);
  }

  /** Chunks that do not compress, so that so much goes over the wire. */
  public static void run(
      RemoteNode node,
      DatastoreName store,
      Namespace namespace,
      SnapshotId snapshot,
      long seed,
      int chunks,
      int chunkBytes) {
    try (BackupSession session = node.openBackup(store, namespace, snapshot, false)) {
      ArchiveUpload upload =
          ArchiveUpload.dynamic(
              session, ARCHIVE, new UploadMeans(new KnownChunks(), ForkJoinPool.commonPool()));
      for (int i = 0; i < chunks; i++) {
        upload.chunk(content(i % 2 == 0 ? seed * 1000 + i : i, chunkBytes), chunkBytes);
      }
      ManifestFile archive = upload.finish();
      byte[] conf = blob("memory: " + seed + "\n");
      session.blob(CONF, conf);
      ManifestFile blob = new ManifestFile(CONF, CryptMode.NONE, conf.length, Digest.sha256(conf));
      Manifest manifest = Manifest.of(snapshot, List.of(archive, blob));
      session.blob(ArchiveName.MANIFEST, manifest.encodeBlob());
      session.finish();
    }
  }

  /** Random bytes. */
  public static byte[] content(long seed, int bytes) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  public static byte[] blob(String text) {
    byte[] plain = text.getBytes(StandardCharsets.UTF_8);
    return DataBlob.encode(plain, 0, plain.length, true);
  }
}
