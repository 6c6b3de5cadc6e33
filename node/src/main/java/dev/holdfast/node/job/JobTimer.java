package dev.holdfast.node.job;

import dev.holdfast.replication.mesh.Scheduler;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's one clock for things to do later. Its tasks start work elsewhere and return. */
public final class JobTimer implements Scheduler, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobTimer.class);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("job-timer").factory());

  @Override
  public void after(Duration delay, Runnable task) {
    try {
      var unused =
          thread.schedule(
              () -> guarded(task), Math.max(0, delay.toMillis()), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("the node is stopping: a later task is left out");
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("a timed task failed", e);
    }
  }

  /** Whatever is still to come is left out. */
  @Override
  public void close() {
    thread.shutdownNow();
  }
}
