package dev.holdfast.replication.mesh;

import java.time.Duration;

/** Runs tasks later. The tasks given to it return quickly. */
@FunctionalInterface
public interface Scheduler {
  /** Runs the task once, not before the delay is over. */
  void after(Duration delay, Runnable task);
}
