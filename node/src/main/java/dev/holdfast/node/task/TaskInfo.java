package dev.holdfast.node.task;

/**
 * A task in a list.
 *
 * @param endTime seconds since the epoch; 0 while it runs
 */
public record TaskInfo(Upid upid, TaskStatus status, long endTime) {
  public boolean running() {
    return status instanceof TaskStatus.Running;
  }
}
