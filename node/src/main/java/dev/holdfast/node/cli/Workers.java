package dev.holdfast.node.cli;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Threads that hash, compress and decode for one command: as many as cores. */
final class Workers implements Executor, AutoCloseable {
  /** More than what is ever under way; beyond it, the one who hands in works himself. */
  private static final int QUEUE_LENGTH_MAX = 1024;

  private final ThreadPoolExecutor pool;

  Workers() {
    int cores = Runtime.getRuntime().availableProcessors();
    pool =
        new ThreadPoolExecutor(
            cores,
            cores,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE_LENGTH_MAX),
            Thread.ofPlatform().daemon().name("worker-", 0).factory());
  }

  @Override
  public void execute(Runnable work) {
    pool.execute(work);
  }

  @Override
  public void close() {
    var unused = pool.shutdownNow();
  }
}
