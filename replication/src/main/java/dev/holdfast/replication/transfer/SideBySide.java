package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Does the same with many things on virtual threads, a bounded number at a time, in order. */
final class SideBySide<T> {
  private final Queue<T> waiting;
  private final Consumer<T> work;
  private @Nullable Throwable failure;

  private SideBySide(Collection<T> items, Consumer<T> work) {
    this.waiting = new ArrayDeque<>(items);
    this.work = work;
  }

  /**
   * Returns when all is done. After the first failure nothing more is begun, and when all that was
   * begun has ended, it is thrown.
   *
   * @throws BackupException CANCELLED when the calling thread was interrupted, as then the working
   *     ones are
   */
  static <T> void forEach(Collection<T> items, int atOnceMax, Consumer<T> work) {
    new SideBySide<>(items, work).run(Math.min(atOnceMax, items.size()));
  }

  private void run(int threads) {
    CountDownLatch ended = new CountDownLatch(threads);
    Thread[] running = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      running[i] =
          Thread.ofVirtual()
              .start(
                  () -> {
                    drain();
                    ended.countDown();
                  });
    }
    boolean interrupted = false;
    while (ended.getCount() > 0) {
      try {
        ended.await();
      } catch (InterruptedException e) {
        interrupted = true;
        fail(new BackupException(Kind.CANCELLED, "interrupted", e));
        for (Thread thread : running) {
          thread.interrupt();
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    rethrow();
  }

  private void drain() {
    for (T item = next(); item != null; item = next()) {
      try {
        work.accept(item);
      } catch (RuntimeException | Error e) {
        fail(e);
      }
    }
  }

  private synchronized @Nullable T next() {
    return failure == null ? waiting.poll() : null;
  }

  private synchronized void fail(Throwable first) {
    if (failure == null) {
      failure = first;
    }
  }

  private synchronized void rethrow() {
    switch (failure) {
      case null -> {}
      case Error error -> throw error;
      case RuntimeException error -> throw error;
      default -> throw new IllegalStateException(failure);
    }
  }
}
