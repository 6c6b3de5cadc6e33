package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.task.Upid;
import java.time.ZoneId;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * All jobs of the node. Whoever knows the jobs of a kind registers a source of them, which is asked
 * anew each time: what was configured a moment ago counts. Any thread; blocks on files.
 */
public final class Jobs {
  private final JobStates states;
  private final ZoneId zone;
  private final Map<JobType, Supplier<? extends Collection<? extends Job>>> sources =
      new EnumMap<>(JobType.class);

  /**
   * @param zone in which schedules are read
   */
  public Jobs(JobStates states, ZoneId zone) {
    this.states = states;
    this.zone = zone;
  }

  /**
   * Before the scheduler starts, once for each kind.
   *
   * @param source all jobs of that kind as configured now; any thread, may block on files
   */
  public void register(JobType type, Supplier<? extends Collection<? extends Job>> source) {
    if (sources.put(type, source) != null) {
      throw new IllegalStateException("two sources of jobs of type " + type);
    }
  }

  /** Those of a kind, as configured now. Throws when their configuration cannot be read. */
  public List<Job> of(JobType type) {
    Supplier<? extends Collection<? extends Job>> source = sources.get(type);
    return source == null ? List.of() : List.copyOf(source.get());
  }

  public Optional<Job> find(JobId id) {
    return of(id.type()).stream().filter(job -> job.id().equals(id)).findFirst();
  }

  /**
   * Starts a run for somebody who asks for it.
   *
   * @throws BackupException NOT_FOUND, or LOCKED when it runs already
   */
  public Upid run(JobId id, AuthId caller) {
    return find(id)
        .orElseThrow(() -> BackupException.notFound("no such job '" + id.name() + "'"))
        .start(caller, new Trigger.Request());
  }

  /**
   * When it is due next by its schedule, in seconds since 1970: in the past when it should run now.
   * A job never seen before is remembered from here on.
   */
  public OptionalLong due(Job job) {
    return job.enabled() && job.schedule().isPresent()
        ? job.schedule().get().next(states.loadOrCreate(job.id()).scheduleBase(), zone)
        : OptionalLong.empty();
  }

  public JobStatus status(Job job) {
    return JobStatus.of(states.load(job.id()), job.enabled(), job.schedule(), zone);
  }
}
