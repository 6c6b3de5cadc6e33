package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * The chunks of one snapshot on their way into our store: those that are there are touched, which
 * keeps garbage collection away from them; the others are fetched, several at a time, and each is
 * checked before it is stored.
 *
 * <pre>
 *   touch ─ there ─▶ done
 *     └─ missing ─▶ room? ─▶ fetched by another run? ─▶ GET ─▶ check ─▶ insert
 * </pre>
 *
 * One thread hands in archives and joins.
 */
final class ChunkPull {
  /** So many entries are looked up by one task: some ms of system calls. */
  private static final int LOOKUP_BATCH = 256;

  /** What zstd may add to content that it cannot compress, rounded up generously. */
  private static final int EXPANSION_BYTES = 1024;

  private static final int EXPANSION_DIVISOR = 128;

  private final PullEnds ends;
  private final ChunkStore store;
  private final ChunkSessions sessions;
  private final GroupRun run;
  private final TaskWindow window;
  private final LongAdder chunks = new LongAdder();
  private final LongAdder encodedBytes = new LongAdder();

  /**
   * @param sessions of the snapshot
   */
  ChunkPull(PullEnds ends, ChunkSessions sessions, GroupRun run) {
    this.ends = ends;
    this.store = ends.local().chunks();
    this.sessions = sessions;
    this.run = run;
    this.window = new TaskWindow(ends.chunksInFlight());
  }

  /**
   * Hands in an archive; returns when its last chunks are under way.
   *
   * @param file what the manifest says of it
   * @param index which the first session has downloaded
   * @throws BackupException the first error of any chunk so far
   */
  void archive(ManifestFile file, ChunkIndex index) {
    sessions.archive(file.name());
    for (int from = 0; from < index.chunkCount(); from += LOOKUP_BATCH) {
      int first = from;
      int end = Math.min(index.chunkCount(), from + LOOKUP_BATCH);
      run.checkpoint();
      for (int i : ends.workers().call(() -> missing(index, first, end))) {
        Digest digest = index.digest(i);
        int plainBytes = index.chunkBytes(i);
        window.submit(() -> ensure(file, digest, plainBytes));
      }
    }
  }

  /** Waits until all chunks are stored, or throws the first error. */
  void join() {
    window.join();
  }

  /** Waits until nothing is under way; the sessions were closed before. */
  void quiesce() {
    window.quiesce();
  }

  /** That crossed so far. */
  long chunks() {
    return chunks.sum();
  }

  long encodedBytes() {
    return encodedBytes.sum();
  }

  /** On a worker. Equal chunks that follow each other (zeros of an image) count once. */
  private List<Integer> missing(ChunkIndex index, int from, int end) {
    List<Integer> missing = new ArrayList<>();
    for (int i = from; i < end; i++) {
      Digest digest = index.digest(i);
      boolean again = i > 0 && index.digest(i - 1).equals(digest);
      if (!again && !store.touch(digest)) {
        missing.add(i);
      }
    }
    return missing;
  }

  private void ensure(ManifestFile file, Digest digest, int plainBytes) {
    run.checkpoint();
    int encodedMax = encodedBytesMax(plainBytes);
    ends.budget()
        .hold(
            encodedMax,
            () -> ends.fetches().fetch(digest, () -> fetch(file, digest, plainBytes, encodedMax)));
  }

  private static int encodedBytesMax(int plainBytes) {
    int expanded =
        DataBlob.ENCRYPTED_HEADER_BYTES
            + plainBytes
            + plainBytes / EXPANSION_DIVISOR
            + EXPANSION_BYTES;
    return Math.min(expanded, DataBlob.CHUNK_ENCODED_BYTES_MAX);
  }

  private void fetch(ManifestFile file, Digest digest, int plainBytes, int encodedMax) {
    // Again, because it may have come since, in this archive or by another run.
    if (ends.workers().call(() -> store.touch(digest))) {
      return;
    }
    byte[] encoded = sessions.chunk(file.name(), digest, encodedMax);
    ends.workers()
        .run(
            () -> {
              check(encoded, digest, plainBytes, file.crypt() == CryptMode.ENCRYPT);
              store.insert(digest, encoded, encoded.length);
            });
    chunks.increment();
    encodedBytes.add(encoded.length);
  }

  private static void check(byte[] encoded, Digest digest, int plainBytes, boolean encrypted) {
    ChunkCheck.stored(encoded, encoded.length, digest, plainBytes);
    if (DataBlob.kind(encoded, encoded.length).encrypted() != encrypted) {
      throw BackupException.corrupt(
              "chunk "
                  + digest
                  + " is "
                  + (encrypted ? "plain" : "encrypted")
                  + ", the manifest says otherwise")
          .with("digest", digest);
    }
  }
}
