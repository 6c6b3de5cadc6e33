package dev.holdfast.node.session;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Runs tasks one after another, in the order they came, on threads of an executor. It is the lock
 * of a session without anybody waiting for it: an event loop hands work in and goes on.
 *
 * <p>Nothing handed in is lost, even when the executor is full or was shut down: the end of a
 * session gives back its locks here. Then a thread of its own does the work.
 */
final class SerialQueue implements Executor {
  private final Executor threads;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;

  SerialQueue(Executor threads) {
    this.threads = threads;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (waiting) {
      waiting.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      threads.execute(this::drain);
    } catch (RejectedExecutionException e) {
      Thread.ofVirtual().name("session").start(this::drain);
    }
  }

  private void drain() {
    while (true) {
      Runnable next;
      synchronized (waiting) {
        next = waiting.poll();
        if (next == null) {
          running = false;
          return;
        }
      }
      try {
        next.run();
      } catch (RuntimeException | Error e) {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
    }
  }
}
