package dev.holdfast.node.job;

import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.NodeConfig;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.WorkerTask;
import java.util.List;
import java.util.Optional;

/** Once a day, keeps the list of ended tasks and their logs from growing for ever. */
public final class LogRotation {
  /** As a real server calls it. */
  private static final JobId ID = new JobId(JobType.LOG_ROTATION, "access-log_and_task-archive");

  private static final CalendarEvent DAILY = CalendarEvent.parse("daily");

  private final TaskRegistry tasks;
  private final StateFile<NodeConfig> options;
  private final JobRunner runner;

  /**
   * @param options {@code task-log-max-days} counts
   */
  public LogRotation(TaskRegistry tasks, StateFile<NodeConfig> options, JobRunner runner) {
    this.tasks = tasks;
    this.options = options;
    this.runner = runner;
  }

  public List<Job> jobs() {
    return List.of(new TaskJob(ID, Optional.of(DAILY), true, null, runner, this::rotate));
  }

  private void rotate(WorkerTask task) {
    TaskRegistry.Rotation done = tasks.rotateArchive(options.value().taskLogMaxDays());
    task.log(done.rotated() ? "task archive was rotated" : "task archive was not rotated");
    if (done.archives() > 0) {
      task.log("dropped " + done.archives() + " old archives with " + done.logs() + " task logs");
    }
  }
}
