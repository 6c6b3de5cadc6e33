package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * A backup of a few kilobytes as a session makes it: a dynamic and a fixed index, a blob, the
 * manifest. Its content follows from a seed; two thirds of the chunks are the same whatever the
 * seed.
 */
public final class SmallBackup {
  public static final AuthId OWNER = AuthId.parse("alice@pbs");
  public static final ArchiveName DYNAMIC = new ArchiveName("root.pxar.didx");
  public static final ArchiveName FIXED = new ArchiveName("drive.img.fidx");
  public static final ArchiveName BLOB = new ArchiveName("guest.conf.blob");

  private static final int CHUNKS = 3;
  private static final int FIXED_CHUNK_BYTES = 4096;

  private SmallBackup() {}

  /** With the group's lock and the removal of remains, as a session begins; aborts on an error. */
  public static void write(Datastore store, Namespace namespace, SnapshotId snapshot, long seed) {
    try (GroupLock group = store.lockGroup(namespace, snapshot.group(), OWNER)) {
      store.removeUnfinished(namespace, snapshot.group());
      try (SnapshotWriter writer = store.beginSnapshot(namespace, snapshot)) {
        upload(store, writer, seed);
        writer.finish(manifest -> manifest.withNotes("seed " + seed));
      }
    }
  }

  /** Everything up to {@code finish}, the manifest included. */
  public static void upload(Datastore store, SnapshotWriter writer, long seed) {
    ManifestFile dynamic = dynamic(store, writer, seed);
    ManifestFile fixed = fixed(store, writer, seed);
    byte[] conf = blob("memory: " + seed + "\n");
    writer.blob(BLOB, conf);
    ManifestFile blob = new ManifestFile(BLOB, CryptMode.NONE, conf.length, Digest.sha256(conf));
    Manifest manifest = Manifest.of(writer.snapshot(), List.of(dynamic, fixed, blob));
    writer.blob(ArchiveName.MANIFEST, manifest.encodeBlob());
  }

  public static byte[] blob(String text) {
    byte[] plain = text.getBytes(StandardCharsets.UTF_8);
    return DataBlob.encode(plain, 0, plain.length, true);
  }

  private static ManifestFile dynamic(Datastore store, SnapshotWriter writer, long seed) {
    try (DynamicIndexWriter index = writer.dynamicIndex(DYNAMIC)) {
      long end = 0;
      for (int i = 0; i < CHUNKS; i++) {
        byte[] plain = content(i == 0 ? seed : i, 1000 + i);
        end += plain.length;
        index.append(end, insert(store, plain));
      }
      index.finish();
      return new ManifestFile(DYNAMIC, CryptMode.NONE, end, index.checksum());
    }
  }

  private static ManifestFile fixed(Datastore store, SnapshotWriter writer, long seed) {
    long bytes = (long) CHUNKS * FIXED_CHUNK_BYTES;
    try (FixedIndexWriter index = writer.fixedIndex(FIXED, bytes, FIXED_CHUNK_BYTES)) {
      for (int i = 0; i < CHUNKS; i++) {
        byte[] plain = content(i == 0 ? seed : i, FIXED_CHUNK_BYTES);
        index.set((long) i * FIXED_CHUNK_BYTES, insert(store, plain));
      }
      Digest checksum = index.checksum();
      index.finish();
      return new ManifestFile(FIXED, CryptMode.NONE, bytes, checksum);
    }
  }

  private static Digest insert(Datastore store, byte[] plain) {
    Digest digest = Digest.sha256(plain);
    byte[] encoded = DataBlob.encode(plain, 0, plain.length, true);
    store.chunks().insert(digest, encoded, encoded.length);
    return digest;
  }

  private static byte[] content(long seed, int bytes) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }
}
