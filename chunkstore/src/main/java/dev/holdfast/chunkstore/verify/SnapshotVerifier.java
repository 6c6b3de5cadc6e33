package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.VerifyWatcher.Speed;
import dev.holdfast.chunkstore.work.Workers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Looks whether snapshots can be restored: the manifest reads and belongs here, every file it lists
 * has the size and checksum it gives, and every chunk that an index names is there, decodes and has
 * its digest (spec/engine.md §4.1). Nothing is changed, but that bad chunks are renamed when this
 * is wanted. A chunk is read once by the same verifier. Blocking; one snapshot at a time.
 */
public final class SnapshotVerifier {
  /** One more than anyone reads; a store without its chunks must not fill the memory. */
  static final int PROBLEMS_MAX = 100;

  private final Datastore store;
  private final Workers workers;
  private final ChunkOrder order;
  private final VerifyWatcher watcher;
  private final ChunkVerifier chunks;

  /** One that changes nothing, on the caller's thread. */
  public SnapshotVerifier(Datastore store) {
    this(store, Workers.none(), ChunkOrder.NONE, VerifyWatcher.SILENT, false);
  }

  /**
   * @param workers check the chunks of an index side by side
   * @param setAside whether bad chunks are renamed, so that the next backup brings them again
   */
  public SnapshotVerifier(
      Datastore store, Workers workers, ChunkOrder order, VerifyWatcher watcher, boolean setAside) {
    this.store = store;
    this.workers = workers;
    this.order = order;
    this.watcher = watcher;
    this.chunks = new ChunkVerifier(store, setAside);
  }

  /**
   * The problems of one snapshot, each a sentence that names file, digest and offset; empty when it
   * can be restored. At most {@value #PROBLEMS_MAX}.
   */
  public List<String> verify(Namespace namespace, SnapshotId snapshot) {
    try {
      return verify(namespace, snapshot, store.manifest(namespace, snapshot));
    } catch (BackupException e) {
      if (e.kind() == Kind.CANCELLED) {
        throw e;
      }
      return List.of(snapshot + ": " + e.text());
    }
  }

  private List<String> verify(Namespace namespace, SnapshotId snapshot, Manifest manifest) {
    Problems problems = new Problems(snapshot);
    if (!manifest.snapshot().equals(snapshot)) {
      problems.add("", "the manifest is of " + manifest.snapshot());
    }
    for (ManifestFile file : manifest.files()) {
      watcher.checkStop();
      watcher.checking(file.name());
      try {
        if (file.name().isIndex()) {
          verifyIndex(namespace, snapshot, file, problems);
        } else {
          verifyBlob(namespace, snapshot, file);
        }
      } catch (BackupException e) {
        if (e.kind() == Kind.CANCELLED) {
          throw e;
        }
        problems.add("/" + file.name(), e.text());
      }
    }
    return problems.found();
  }

  private void verifyIndex(
      Namespace namespace, SnapshotId snapshot, ManifestFile file, Problems problems) {
    ChunkIndex index = store.readIndex(namespace, snapshot, file.name());
    requireSame("checksum", index.checksum(), file.csum());
    requireSame("size", index.contentBytes(), file.size());
    boolean encrypted = file.crypt() == CryptMode.ENCRYPT;
    Instant started = store.clock().instant();
    LongAdder storedBytes = new LongAdder();
    LongAdder plainBytes = new LongAdder();
    LongAdder errors = new LongAdder();
    workers.forEach(
        inOrder(index, distinct(index, encrypted)).iterator(),
        i -> {
          watcher.checkStop();
          Digest digest = index.digest(i);
          Instant began = store.clock().instant();
          ChunkVerifier.Outcome result = chunks.verify(digest, index.chunkBytes(i), encrypted);
          watcher.chunkChecked(Duration.between(began, store.clock().instant()));
          switch (result) {
            case ChunkVerifier.Good good -> {
              storedBytes.add(good.storedBytes());
              plainBytes.add(index.chunkBytes(i));
            }
            case ChunkVerifier.Known known -> {}
            case ChunkVerifier.Bad bad -> {
              errors.increment();
              problems.add(
                  "/" + file.name(),
                  "chunk "
                      + i
                      + " ("
                      + digest
                      + ") at offset "
                      + index.start(i)
                      + ": "
                      + bad.problem());
            }
          }
        });
    Duration took = Duration.between(started, store.clock().instant());
    watcher.checked(new Speed(storedBytes.sum(), plainBytes.sum(), took, errors.sum()));
  }

  /** Those not known yet, each once, so that no two threads read the same chunk. */
  private List<Integer> distinct(ChunkIndex index, boolean encrypted) {
    Set<Digest> seen = new HashSet<>();
    return IntStream.range(0, index.chunkCount())
        .filter(i -> !chunks.isGood(index.digest(i), encrypted) && seen.add(index.digest(i)))
        .boxed()
        .toList();
  }

  private List<Integer> inOrder(ChunkIndex index, List<Integer> entries) {
    if (order == ChunkOrder.NONE) {
      return entries;
    }
    long[] inodes = new long[index.chunkCount()];
    workers.forEach(
        entries.iterator(),
        i -> {
          watcher.checkStop();
          inodes[i] = store.chunks().inode(index.digest(i));
        });
    return entries.stream().sorted(Comparator.comparingLong(i -> inodes[i])).toList();
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

  /** Of one snapshot; several threads find them. */
  private final class Problems {
    private final SnapshotId snapshot;
    private final List<String> texts = new ArrayList<>();

    Problems(SnapshotId snapshot) {
      this.snapshot = snapshot;
    }

    /**
     * @param where empty for the snapshot itself
     */
    synchronized void add(String where, String text) {
      if (texts.size() < PROBLEMS_MAX) {
        texts.add(snapshot + where + ": " + text);
        watcher.problem(snapshot + where + ": " + text);
      }
    }

    synchronized List<String> found() {
      return List.copyOf(texts);
    }
  }
}
