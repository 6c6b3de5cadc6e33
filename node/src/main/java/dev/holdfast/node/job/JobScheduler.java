package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.replication.mesh.Scheduler;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts what is due, at every full minute (spec/engine.md §9.7). A job is due when its schedule
 * has an event after its last run that is not to come yet: so one that was missed, or several, make
 * one run as soon as the node is up. A job that runs already is passed over, and due again when it
 * has ended.
 */
public final class JobScheduler {
  private static final Logger LOG = LoggerFactory.getLogger(JobScheduler.class);

  private final Jobs jobs;
  private final Scheduler timer;
  private final Executor blocking;
  private final InstantSource clock;

  /**
   * @param blocking where files may be read; the timer's thread is not for that
   */
  public JobScheduler(Jobs jobs, Scheduler timer, Executor blocking, InstantSource clock) {
    this.jobs = jobs;
    this.timer = timer;
    this.blocking = blocking;
    this.clock = clock;
  }

  /** Returns at once. It goes on as long as the timer does. */
  public void start() {
    Instant now = clock.instant();
    Instant minute = now.truncatedTo(ChronoUnit.MINUTES).plus(1, ChronoUnit.MINUTES);
    timer.after(
        Duration.between(now, minute),
        () -> {
          blocking.execute(this::startDue);
          start();
        });
  }

  private void startDue() {
    for (JobType type : JobType.values()) {
      try {
        jobs.of(type).forEach(this::startIfDue);
      } catch (BackupException e) {
        LOG.error("no job of type {} starts: {}", type.text(), e.text());
      } catch (RuntimeException e) {
        LOG.error("no job of type {} starts", type.text(), e);
      }
    }
  }

  private void startIfDue(Job job) {
    try {
      CalendarEvent schedule = job.schedule().orElse(null);
      if (job.enabled() && schedule != null && isDue(job)) {
        var unused = job.start(AuthId.ROOT, new Trigger.Schedule(schedule));
      }
    } catch (BackupException e) {
      if (e.kind() != Kind.LOCKED) {
        LOG.error("job '{}' is due and cannot start: {}", job.id(), e.text());
      }
    } catch (RuntimeException e) {
      LOG.error("job '{}' is due and cannot start", job.id(), e);
    }
  }

  private boolean isDue(Job job) {
    OptionalLong due = jobs.due(job);
    return due.isPresent() && due.getAsLong() <= clock.instant().getEpochSecond();
  }
}
