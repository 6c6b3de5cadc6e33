package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/** Something that is done aside while the one who wants it goes on, and waits for it later. */
final class Aside<T> {
  private final FutureTask<T> task;

  private Aside(FutureTask<T> task) {
    this.task = task;
  }

  /** On a virtual thread of its own. */
  static <T> Aside<T> start(Callable<T> work) {
    return start(work, task -> Thread.ofVirtual().start(task));
  }

  /**
   * @throws java.util.concurrent.RejectedExecutionException the executor's
   */
  static <T> Aside<T> start(Callable<T> work, Executor executor) {
    FutureTask<T> task = new FutureTask<>(work);
    executor.execute(task);
    return new Aside<>(task);
  }

  /** Does something with the result when it is there, also aside; nothing after a failure. */
  void whenDone(Consumer<T> then) {
    Thread.ofVirtual()
        .start(
            () -> {
              T result;
              try {
                result = await();
              } catch (BackupException e) {
                return; // nobody asked for it
              }
              then.accept(result);
            });
  }

  /**
   * @throws BackupException what the work threw; CANCELLED when interrupted: it may then still run
   */
  T await() {
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException error -> throw error;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted", e);
    }
  }
}
