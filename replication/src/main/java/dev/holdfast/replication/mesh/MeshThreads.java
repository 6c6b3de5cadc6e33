package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Small bounded executors of daemon threads that end when idle, so nobody need stop them. */
final class MeshThreads {
  /** Hints that wait; at some 300 bytes each a few MB. The next ones are refused. */
  static final int WAITING_MAX = 10_000;

  private static final Duration IDLE = Duration.ofSeconds(10);

  private MeshThreads() {}

  /** One task after the other, up to {@link #WAITING_MAX} waiting. */
  static ThreadPoolExecutor oneByOne(String name) {
    return pool(name, 1, new LinkedBlockingQueue<>(WAITING_MAX));
  }

  /** Up to so many at once, none waiting. */
  static ThreadPoolExecutor atOnce(String name, int threadsMax) {
    return pool(name, threadsMax, new SynchronousQueue<>());
  }

  private static ThreadPoolExecutor pool(String name, int threads, BlockingQueue<Runnable> queue) {
    ThreadFactory daemons = Thread.ofPlatform().name(name + "-", 0).daemon().factory();
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads, threads, IDLE.toMillis(), TimeUnit.MILLISECONDS, queue, daemons);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
