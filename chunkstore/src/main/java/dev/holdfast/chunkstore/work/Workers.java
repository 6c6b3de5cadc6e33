package dev.holdfast.chunkstore.work;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does the same to many items with a few threads, which take the next item when they are done with
 * one. The first failure stops all and is thrown; an interrupt of the caller is one.
 *
 * @param count with 0 the caller does it all, on his own thread
 */
public record Workers(int count, ThreadFactory threads) {
  public Workers {
    if (count < 0) {
      throw BackupException.invalid("found " + count + " workers, expected 0 or more");
    }
  }

  /** The caller alone. */
  public static Workers none() {
    return new Workers(0, Thread.ofPlatform().factory());
  }

  /** What a thread works with: made, used and closed by it. */
  public interface Tool extends AutoCloseable {
    @Override
    void close();
  }

  /** Returns when the iterator, which is asked by one thread at a time, has no more. */
  public <T> void forEach(Iterator<T> items, Consumer<T> work) {
    forEachWith(items, () -> () -> {}, (Tool none, T item) -> work.accept(item));
  }

  /**
   * As {@link #forEach}.
   *
   * @param tools makes one for each thread
   */
  public <T, R extends Tool> void forEachWith(
      Iterator<T> items, Supplier<R> tools, BiConsumer<R, T> work) {
    if (count == 0) {
      try (R tool = tools.get()) {
        items.forEachRemaining(item -> work.accept(tool, item));
      }
      return;
    }
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Thread thread = threads.newThread(() -> takeTurns(items, tools, work, failure));
      thread.start();
      running.add(thread);
    }
    join(running, failure);
    Throwable failed = failure.get();
    if (failed != null) {
      rethrow(failed);
    }
  }

  private static <T, R extends Tool> void takeTurns(
      Iterator<T> items,
      Supplier<R> tools,
      BiConsumer<R, T> work,
      AtomicReference<@Nullable Throwable> failure) {
    try (R tool = tools.get()) {
      while (failure.get() == null) {
        T item;
        synchronized (items) {
          if (!items.hasNext()) {
            return;
          }
          item = items.next();
        }
        work.accept(tool, item);
      }
    } catch (Throwable e) {
      Throwable first = failure.compareAndExchange(null, e);
      if (first != null) {
        first.addSuppressed(e);
      }
    }
  }

  private static void join(List<Thread> running, AtomicReference<@Nullable Throwable> failure) {
    boolean interrupted = false;
    for (Thread thread : running) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
          failure.compareAndSet(null, new BackupException(Kind.CANCELLED, "interrupted", e));
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(Throwable failed) {
    switch (failed) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("work throws nothing checked", failed);
    }
  }
}
