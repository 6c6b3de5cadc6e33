package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tasks on virtual threads, a bounded number at a time; handing in waits. The first failure is
 * thrown by the next call. One thread hands in.
 */
final class TaskWindow {
  private final int tasksMax;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by the lock.
  private int running;
  private @Nullable Throwable failure;

  TaskWindow(int tasksMax) {
    this.tasksMax = tasksMax;
  }

  /** Waits for room and starts the task. */
  void submit(Runnable task) {
    lock.lock();
    try {
      awaitWhile(() -> running >= tasksMax && failure == null);
      running++;
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().start(() -> run(task));
  }

  private void run(Runnable task) {
    Throwable thrown = null;
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      thrown = e;
    }
    lock.lock();
    try {
      running--;
      if (failure == null) {
        failure = thrown;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all tasks have succeeded, or one has failed. */
  void join() {
    lock.lock();
    try {
      awaitWhile(() -> running > 0 && failure == null);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing runs any more, whatever happened; throws nothing. */
  void quiesce() {
    lock.lock();
    try {
      while (running > 0) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitWhile(BooleanSupplier blocked) {
    try {
      while (blocked.getAsBoolean()) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while transferring", e);
    }
    switch (failure) {
      case null -> {}
      case Error error -> throw error;
      case RuntimeException error -> throw error;
      default -> throw new IllegalStateException(failure);
    }
  }
}
