package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.job.JobState.Finished;
import dev.holdfast.node.job.JobState.Started;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs jobs: one run of a job at a time, and its beginning and end in its state. Any thread. */
public final class JobRunner {
  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  private final TaskRegistry tasks;
  private final JobStates states;
  private final Set<JobId> running = ConcurrentHashMap.newKeySet();
  private final List<EndListener> listeners = new CopyOnWriteArrayList<>();

  /** Hears of every end of a run, after its state is written. Must not block long. */
  @FunctionalInterface
  public interface EndListener {
    void ended(JobId job, Upid task, TaskStatus status, Trigger trigger);
  }

  public JobRunner(TaskRegistry tasks, JobStates states) {
    this.tasks = tasks;
    this.states = states;
  }

  public JobStates states() {
    return states;
  }

  public void onEnd(EndListener listener) {
    listeners.add(listener);
  }

  /**
   * Starts a run and returns at once.
   *
   * @param workerId of the task
   * @param work what it throws is how the run failed
   * @throws BackupException LOCKED when a run is under way
   */
  public Upid start(
      JobId id, @Nullable String workerId, AuthId caller, Trigger trigger, TaskRegistry.Body work) {
    if (!running.add(id)) {
      throw new BackupException(Kind.LOCKED, "job '" + id.name() + "' is running already")
          .with("job", id);
    }
    try {
      return started(id, workerId, caller, trigger, work);
    } catch (RuntimeException e) {
      running.remove(id);
      throw e;
    }
  }

  private Upid started(
      JobId id, @Nullable String workerId, AuthId caller, Trigger trigger, TaskRegistry.Body work) {
    WorkerTask task = tasks.start(id.type().text(), workerId, caller);
    try {
      if (!(trigger instanceof Trigger.Event)) {
        states.save(id, new Started(task.upid()));
      }
    } catch (RuntimeException e) {
      task.finish(e);
      throw e;
    }
    task.beforeEnd(status -> ended(id, task.upid(), status, trigger));
    tasks.spawn(
        task,
        running -> {
          if (trigger instanceof Trigger.Schedule due) {
            running.log("task triggered by schedule '" + due.at() + "'");
          }
          work.run(running);
        });
    return task.upid();
  }

  private void ended(JobId id, Upid task, TaskStatus status, Trigger trigger) {
    try {
      OptionalLong base =
          trigger instanceof Trigger.Event
              ? OptionalLong.of(states.load(id).scheduleBase())
              : OptionalLong.empty();
      long now = tasks.clock().instant().getEpochSecond();
      states.save(id, new Finished(task, status, now, base));
    } catch (BackupException e) {
      LOG.error("the end of job '{}' cannot be written down: {}", id, e.text());
    } finally {
      running.remove(id);
    }
    for (EndListener listener : listeners) {
      try {
        listener.ended(id, task, status, trigger);
      } catch (RuntimeException e) {
        LOG.error("the end of job '{}' was not heard", id, e);
      }
    }
  }
}
