package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Digest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;

/**
 * The chunks that are being fetched into one datastore, so that two runs never fetch the same at
 * the same time. One per datastore, shared by all its runs; safe for use by several threads. Holds
 * no more than the runs have in flight.
 */
public final class ChunkFetches {
  private final ConcurrentMap<Digest, CompletableFuture<Boolean>> inFlight =
      new ConcurrentHashMap<>();

  /**
   * Runs {@code fetch}, which stores the chunk or throws, unless another does so for this digest
   * right now: then it waits for that, and tries itself only if the other failed (its source is not
   * ours).
   *
   * <p>Whoever waits here must not hold what the other needs to go on.
   *
   * @throws BackupException what {@code fetch} threw; CANCELLED when interrupted while waiting
   */
  void fetch(Digest digest, Runnable fetch) {
    CompletableFuture<Boolean> mine = new CompletableFuture<>();
    CompletableFuture<Boolean> other = inFlight.putIfAbsent(digest, mine);
    while (other != null) {
      if (await(other, digest)) {
        return;
      }
      other = inFlight.putIfAbsent(digest, mine);
    }
    boolean stored = false;
    try {
      fetch.run();
      stored = true;
    } finally {
      inFlight.remove(digest);
      mine.complete(stored);
    }
  }

  private static boolean await(CompletableFuture<Boolean> other, Digest digest) {
    try {
      return other.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("fetches never complete with an error", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while waiting for a chunk", e)
          .with("digest", digest);
    }
  }
}
