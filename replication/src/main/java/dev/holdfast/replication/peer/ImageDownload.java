package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.Digest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of an image, handed over as they come: where each belongs is known, so none waits for
 * another. They are fetched in the order of the image, decoded, checked (CRC, length, digest) and
 * handed over side by side on a pool; what is under way is bounded. Equal chunks that follow each
 * other are fetched once.
 */
public final class ImageDownload {
  private final ChunkSource source;
  private final ChunkIndex index;
  private final ChunkDecoder decoder;
  private final Executor pool;
  private final String where;
  private final ChunkWindow window =
      ChunkWindow.ofBytes(ArchiveDownload.BYTES_AHEAD_DEFAULT)
          .ofChunks(ArchiveDownload.CHUNKS_AHEAD_DEFAULT);
  private final ChunkBuffers buffers = new ChunkBuffers();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** Takes what was decoded. */
  @FunctionalInterface
  public interface Receiver {
    /**
     * Called on the pool, by several threads at a time.
     *
     * @param chunk its number in the index
     * @param plain has the content at its start; only lent
     */
    void take(int chunk, byte[] plain, int length);
  }

  /** The first of equal chunks and the number after the last. */
  private record Run(Digest digest, int bytes, int first, int end) {}

  /**
   * @param source must give all chunks of the index; a reader session that downloaded it does
   * @param where for error texts: peer and archive
   */
  ImageDownload(
      ChunkSource source, ChunkIndex index, BlobCodec codec, Executor pool, String where) {
    this.source = source;
    this.index = index;
    this.decoder = new ChunkDecoder(codec, where);
    this.pool = pool;
    this.where = where;
  }

  public ChunkIndex index() {
    return index;
  }

  /**
   * Returns when every chunk that is wanted was taken.
   *
   * @throws BackupException the first failure, when no chunk is under way any more: CORRUPT_DATA
   *     names the digest; CANCELLED at once when this thread was interrupted. An Error of the pool
   *     is thrown as it is
   */
  public void run(IntPredicate wanted, Receiver receiver) {
    try {
      int next = 0;
      while (next < index.chunkCount() && failure.get() == null) {
        Run run = runAt(next);
        if (wanted.test(next)) {
          window.enter(run.bytes());
          fetch(run, receiver);
        }
        next = run.end();
      }
    } finally {
      window.awaitEmpty();
    }
    Throwable first = failure.get();
    if (first != null) {
      throw Blocking.unwrap(first, where);
    }
  }

  private Run runAt(int first) {
    Digest digest = index.digest(first);
    int bytes = index.chunkBytes(first);
    int end = first + 1;
    while (end < index.chunkCount()
        && index.chunkBytes(end) == bytes
        && index.digest(end).equals(digest)) {
      end++;
    }
    return new Run(digest, bytes, first, end);
  }

  private void fetch(Run run, Receiver receiver) {
    CompletableFuture<Void> taken =
        source
            .chunkAsync(run.digest())
            .thenAcceptAsync(encoded -> hand(run, encoded, receiver), pool);
    var unused =
        taken.whenComplete(
            (done, broken) -> {
              if (broken != null) {
                failure.compareAndSet(null, broken);
              }
              window.leave(run.bytes());
            });
  }

  /** On the pool. */
  private void hand(Run run, byte[] encoded, Receiver receiver) {
    byte[] plain = buffers.take(run.bytes());
    decoder.decode(run.digest(), index.start(run.first()), run.bytes(), encoded, plain);
    for (int chunk = run.first(); chunk < run.end(); chunk++) {
      receiver.take(chunk, plain, run.bytes());
    }
    buffers.give(plain);
  }
}
