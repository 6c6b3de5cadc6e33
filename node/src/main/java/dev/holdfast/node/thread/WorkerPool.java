package dev.holdfast.node.thread;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The node's bounded pool of platform threads, which hashes, compresses and does file calls for
 * sessions and syncs (design §3).
 */
public final class WorkerPool {
  /** Half of them may wait for a disk while the other half keeps the cores busy. */
  private static final int THREADS_PER_CORE = 2;

  /**
   * What waits is a stream that is not answered yet, and a session has 16 of these: this is 2,048
   * sessions that upload at once. More is refused, which the session tells its client.
   */
  private static final int QUEUE_LENGTH_MAX = 32_768;

  private WorkerPool() {}

  public static ExecutorService create(int cores) {
    int threads = Math.max(2, cores * THREADS_PER_CORE);
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(QUEUE_LENGTH_MAX),
        YieldingThreads.ofSessions("worker"));
  }
}
