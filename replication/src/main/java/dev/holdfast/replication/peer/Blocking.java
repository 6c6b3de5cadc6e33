package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.replication.wire.WireErrors;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for futures of the wire on threads that may wait: virtual ones, a pool's, the command
 * line's.
 */
final class Blocking {
  private Blocking() {}

  static <T> T await(Future<T> future, Duration timeout, String peer) {
    return await(future.toCompletionStage().toCompletableFuture(), timeout, peer);
  }

  /**
   * @throws BackupException the future's own; PEER_UNREACHABLE when time is up; CANCELLED when this
   *     thread was interrupted, which stays interrupted
   */
  static <T> T await(CompletableFuture<T> future, Duration timeout, String peer) {
    if (Context.isOnEventLoopThread()) {
      throw new IllegalStateException("a call that waits, on an event loop");
    }
    try {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw unwrap(e, peer);
    } catch (TimeoutException e) {
      throw new BackupException(
              Kind.PEER_UNREACHABLE,
              peer + " did not answer within " + timeout.toSeconds() + " s",
              e)
          .with("peer", peer);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while waiting for " + peer, e);
    }
  }

  /** The error inside the wrappers that futures put around it. */
  static BackupException unwrap(Throwable failure, String peer) {
    Throwable cause = failure;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return WireErrors.ofFailure(peer, cause);
  }
}
