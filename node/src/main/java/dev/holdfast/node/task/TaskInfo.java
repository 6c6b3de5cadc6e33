package dev.holdfast.node.task;

import org.jspecify.annotations.Nullable;

/**
 * A task as lists show it.
 *
 * @param endTime seconds since the epoch; meaningful when {@code status} is not null
 * @param status null while it runs
 */
public record TaskInfo(Upid upid, long endTime, @Nullable TaskStatus status) {
  public boolean running() {
    return status == null;
  }
}
