package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Looks whether snapshots can be restored: the manifest reads and belongs here, every file it lists
 * has the size and checksum it gives, and every chunk that an index names is there, decodes and has
 * its digest (spec/engine.md §4.1; of encrypted chunks only the frame can be checked). Nothing is
 * changed. Reads all content once: a chunk that was found good is not read again by the same
 * verifier. Blocking; for one thread.
 */
public final class SnapshotVerifier {
  /** One more than anyone reads; a store without its chunks must not fill the memory. */
  static final int PROBLEMS_MAX = 100;

  private final Datastore store;
  private final Set<Digest> goodPlain = new HashSet<>();
  private final Set<Digest> goodEncrypted = new HashSet<>();

  public SnapshotVerifier(Datastore store) {
    this.store = store;
  }

  /**
   * The problems of one snapshot, each a sentence that names file, digest and offset; empty when it
   * can be restored. At most {@value #PROBLEMS_MAX}.
   */
  public List<String> verify(Namespace namespace, SnapshotId snapshot) {
    List<String> problems = new ArrayList<>();
    Manifest manifest;
    try {
      manifest = store.manifest(namespace, snapshot);
    } catch (BackupException e) {
      return List.of(snapshot + ": " + e.text());
    }
    if (!manifest.snapshot().equals(snapshot)) {
      problems.add(snapshot + ": the manifest is of " + manifest.snapshot());
    }
    for (ManifestFile file : manifest.files()) {
      try {
        if (file.name().isIndex()) {
          verifyIndex(namespace, snapshot, file, problems);
        } else {
          verifyBlob(namespace, snapshot, file);
        }
      } catch (BackupException e) {
        add(problems, snapshot, file, e.text());
      }
    }
    return problems;
  }

  private void verifyIndex(
      Namespace namespace, SnapshotId snapshot, ManifestFile file, List<String> problems) {
    ChunkIndex index = store.readIndex(namespace, snapshot, file.name());
    requireSame("checksum", index.checksum(), file.csum());
    requireSame("size", index.contentBytes(), file.size());
    boolean encrypted = file.crypt() == CryptMode.ENCRYPT;
    Set<Digest> good = encrypted ? goodEncrypted : goodPlain;
    Set<Digest> bad = new HashSet<>();
    for (int i = 0; i < index.chunkCount() && problems.size() < PROBLEMS_MAX; i++) {
      Digest digest = index.digest(i);
      if (good.contains(digest) || bad.contains(digest)) {
        continue;
      }
      try {
        verifyChunk(digest, index.chunkBytes(i), encrypted);
        good.add(digest);
      } catch (BackupException e) {
        bad.add(digest);
        String where = "chunk " + i + " (" + digest + ") at offset " + index.start(i);
        add(problems, snapshot, file, where + ": " + e.text());
      }
    }
  }

  private void verifyChunk(Digest digest, int plainBytes, boolean encrypted) {
    byte[] chunk = store.chunks().read(digest);
    ChunkCheck.stored(chunk, chunk.length, digest, plainBytes);
    requireSame("encrypted", DataBlob.kind(chunk, chunk.length).encrypted(), encrypted);
  }

  private void verifyBlob(Namespace namespace, SnapshotId snapshot, ManifestFile file) {
    byte[] blob = store.readBlob(namespace, snapshot, file.name());
    requireSame("size", (long) blob.length, file.size());
    requireSame("checksum", Digest.sha256(blob), file.csum());
    DataBlob.checkCrc(blob, blob.length);
    if (!DataBlob.kind(blob, blob.length).encrypted()) {
      DataBlob.decode(blob, blob.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
    }
  }

  private static void requireSame(String what, Object found, Object expected) {
    if (!found.equals(expected)) {
      throw BackupException.corrupt("found " + what + " " + found + ", expected " + expected);
    }
  }

  private static void add(
      List<String> problems, SnapshotId snapshot, ManifestFile file, String text) {
    if (problems.size() < PROBLEMS_MAX) {
      problems.add(snapshot + "/" + file.name() + ": " + text);
    }
  }
}
