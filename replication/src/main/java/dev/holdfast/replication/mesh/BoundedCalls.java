package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Calls into a cluster that may not answer: each waits at most the given time, and only so many are
 * under way, so that a dead cluster holds neither callers nor threads.
 */
final class BoundedCalls {
  /** The cluster gave no answer in time, or an error instead of one. */
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final Executor executor;
  private final Duration timeMax;

  BoundedCalls(Executor executor, Duration timeMax) {
    this.executor = executor;
    this.timeMax = timeMax;
  }

  /**
   * @param late gets a result that came after the caller had gone
   */
  <T> T call(Callable<T> work, Consumer<T> late) throws Unavailable {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      executor.execute(() -> run(work, result, late));
    } catch (RejectedExecutionException e) {
      throw new Unavailable("too many calls wait for the cluster", e);
    }
    try {
      return result.get(timeMax.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      Unavailable gone = new Unavailable("no answer within " + timeMax.toMillis() + " ms", e);
      if (result.completeExceptionally(gone)) {
        throw gone;
      }
      return now(result); // it came in this very moment
    } catch (ExecutionException e) {
      throw new Unavailable(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Unavailable gone = new Unavailable("interrupted", e);
      if (result.completeExceptionally(gone)) {
        throw gone;
      }
      return now(result);
    }
  }

  private static <T> T now(CompletableFuture<T> done) throws Unavailable {
    if (done.isCompletedExceptionally()) {
      throw new Unavailable(String.valueOf(done.exceptionNow()), done.exceptionNow());
    }
    return done.resultNow();
  }

  private static <T> void run(Callable<T> work, CompletableFuture<T> result, Consumer<T> late) {
    try {
      T value = work.call();
      if (!result.complete(value)) {
        late.accept(value);
      }
    } catch (Exception e) {
      result.completeExceptionally(e);
    }
  }
}
