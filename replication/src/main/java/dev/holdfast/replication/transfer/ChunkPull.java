package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.ChunkCheck;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.replication.peer.ReaderSession;
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
  private final ReaderSession session;
  private final GroupRun run;
  private final TaskWindow window;
  private final LongAdder chunks = new LongAdder();
  private final LongAdder encodedBytes = new LongAdder();

  /**
   * @param session gives the chunks of the indexes that are handed in
   */
  ChunkPull(PullEnds ends, ReaderSession session, GroupRun run) {
    this.ends = ends;
    this.store = ends.local().chunks();
    this.session = session;
    this.run = run;
    this.window = new TaskWindow(ends.chunksInFlight());
  }

  /**
   * Hands in an archive; returns when its last chunks are under way.
   *
   * @param encrypted what the manifest says of it
   * @throws BackupException the first error of any chunk so far
   */
  void archive(ChunkIndex index, boolean encrypted) {
    for (int from = 0; from < index.chunkCount(); from += LOOKUP_BATCH) {
      int first = from;
      int end = Math.min(index.chunkCount(), from + LOOKUP_BATCH);
      run.checkpoint();
      for (int i : ends.workers().call(() -> missing(index, first, end))) {
        Digest digest = index.digest(i);
        int plainBytes = index.chunkBytes(i);
        window.submit(() -> ensure(digest, plainBytes, encrypted));
      }
    }
  }

  /** Waits until all chunks are stored, or throws the first error. */
  void join() {
    window.join();
  }

  /** Waits until nothing is under way; the session was closed before. */
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

  private void ensure(Digest digest, int plainBytes, boolean encrypted) {
    run.checkpoint();
    int encodedMax = encodedBytesMax(plainBytes);
    ends.budget()
        .hold(
            encodedMax,
            () ->
                ends.fetches()
                    .fetch(digest, () -> fetch(digest, plainBytes, encodedMax, encrypted)));
  }

  private static int encodedBytesMax(int plainBytes) {
    int expanded =
        DataBlob.ENCRYPTED_HEADER_BYTES
            + plainBytes
            + plainBytes / EXPANSION_DIVISOR
            + EXPANSION_BYTES;
    return Math.min(expanded, DataBlob.CHUNK_ENCODED_BYTES_MAX);
  }

  private void fetch(Digest digest, int plainBytes, int encodedMax, boolean encrypted) {
    // Again, because it may have come since, in this archive or by another run.
    if (ends.workers().call(() -> store.touch(digest))) {
      return;
    }
    byte[] encoded = session.chunk(digest, encodedMax);
    ends.workers()
        .run(
            () -> {
              check(encoded, digest, plainBytes, encrypted);
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
