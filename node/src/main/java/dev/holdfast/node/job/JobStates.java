package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.job.JobState.Created;
import dev.holdfast.node.job.JobState.Finished;
import dev.holdfast.node.job.JobState.Started;
import dev.holdfast.node.task.TaskInfo;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files {@code jobstates/TYPE-NAME.json} of the state directory, so that a job that was due
 * while the node was down runs when it is up again. Of the lock files that real servers have beside
 * them there are none: the node has the whole directory to itself. Any thread; blocks on files.
 */
public final class JobStates {
  private static final Logger LOG = LoggerFactory.getLogger(JobStates.class);
  private static final String DIRECTORY = "jobstates";

  /** A job never seen counts from so long ago: one due at this full minute still starts. */
  private static final long NEW_SECONDS_AGO = 30;

  private final StateDirectory directory;
  private final TaskRegistry tasks;

  private JobStates(StateDirectory directory, TaskRegistry tasks) {
    this.directory = directory;
    this.tasks = tasks;
  }

  /**
   * @param tasks tell how a run ended that the state does not know the end of
   */
  public static JobStates open(StateDirectory directory, TaskRegistry tasks) {
    var unused = directory.directory(DIRECTORY);
    return new JobStates(directory, tasks);
  }

  /** Of a job without a file: created just before now. */
  public synchronized JobState load(JobId id) {
    return read(id).orElseGet(this::fresh);
  }

  /** As {@link #load}; what it answers is in a file from now on. */
  synchronized JobState loadOrCreate(JobId id) {
    return read(id)
        .orElseGet(
            () -> {
              JobState state = fresh();
              save(id, state);
              return state;
            });
  }

  private Created fresh() {
    return new Created(now() - NEW_SECONDS_AGO);
  }

  private long now() {
    return tasks.clock().instant().getEpochSecond();
  }

  private Optional<JobState> read(JobId id) {
    return directory
        .read(file(id))
        .flatMap(
            content -> {
              try {
                return Optional.of(
                    current(JobStateJson.parse(new String(content, StandardCharsets.UTF_8))));
              } catch (BackupException e) {
                LOG.warn("job state '{}' counts as none: {}", file(id), e.text());
                return Optional.empty();
              }
            });
  }

  /** A run that does not go on has ended as its task's log says. */
  private JobState current(JobState read) {
    if (!(read instanceof Started started)) {
      return read;
    }
    TaskInfo task =
        tasks
            .find(started.upid())
            .orElseGet(
                () ->
                    new TaskInfo(
                        started.upid(), new TaskStatus.Unknown(), started.upid().startTime()));
    return task.running()
        ? started
        : new Finished(task.upid(), task.status(), task.endTime(), OptionalLong.empty());
  }

  synchronized void save(JobId id, JobState state) {
    directory.write(file(id), JobStateJson.format(state).getBytes(StandardCharsets.UTF_8));
  }

  /** A new job, whatever there was of that name: it is due at the next event of its schedule. */
  public synchronized void created(JobId id) {
    save(id, new Created(now()));
  }

  /** Its schedule was changed: it counts from now. Nothing happens to one that runs. */
  public synchronized void rescheduled(JobId id) {
    switch (load(id)) {
      case Created created -> save(id, new Created(now()));
      case Started started -> {
        // its start counts, which is about now
      }
      case Finished last ->
          save(
              id, new Finished(last.upid(), last.status(), last.endTime(), OptionalLong.of(now())));
    }
  }

  /** The job is gone. */
  public synchronized void removed(JobId id) {
    directory.delete(file(id));
  }

  private static String file(JobId id) {
    return DIRECTORY + "/" + id + ".json";
  }
}
