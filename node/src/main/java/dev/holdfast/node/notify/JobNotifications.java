package dev.holdfast.node.notify;

import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobRunner;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Trigger;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.time.InstantSource;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Tells how jobs ended. A failure is told when it begins and once a day while it lasts, since a
 * sync is tried again every few minutes; what ended well is told when somebody was told of a
 * failure, and else of the runs of a schedule or on request, but for syncs, which end well all day
 * long.
 */
public final class JobNotifications implements JobRunner.EndListener {
  private final String host;
  private final InstantSource clock;
  private final Consumer<Notification> out;
  private final Conditions conditions;

  /**
   * @param host names this node in the notification
   */
  public JobNotifications(String host, InstantSource clock, Consumer<Notification> out) {
    this.host = host;
    this.clock = clock;
    this.out = out;
    this.conditions = new Conditions(out);
  }

  @Override
  public void ended(JobId job, Upid task, TaskStatus status, Trigger trigger) {
    String what = job.toString();
    switch (status) {
      case TaskStatus.Failed failed -> {
        if (!failed.message().endsWith("aborted")) { // somebody wanted that
          conditions.bad(
              what, event(Severity.ERROR, job, task, "failed", "It failed: " + failed.message()));
        }
      }
      case TaskStatus.Warnings warnings ->
          conditions.bad(
              what,
              event(
                  Severity.WARNING,
                  job,
                  task,
                  "ended with warnings",
                  "It ended with " + warnings.count() + " warnings."));
      case TaskStatus.Ok ok -> {
        boolean wasBad = conditions.well(what);
        if (wasBad || (told(job.type()) && !(trigger instanceof Trigger.Event))) {
          out.accept(
              event(
                  Severity.INFO,
                  job,
                  task,
                  wasBad ? "works again" : "ended well",
                  wasBad ? "It ended well again." : "It ended well."));
        }
      }
      case TaskStatus.Unknown unknown -> {
        // of a run of another process
      }
      case TaskStatus.Running running -> throw new IllegalArgumentException("it has not ended");
    }
  }

  private static boolean told(JobType type) {
    return switch (type) {
      case GARBAGE_COLLECTION, PRUNE, VERIFICATION -> true;
      case SYNC, LOG_ROTATION -> false;
    };
  }

  private Notification event(Severity severity, JobId job, Upid task, String how, String text) {
    SortedMap<String, String> fields = new TreeMap<>();
    fields.put("type", kind(job.type()));
    fields.put("hostname", host);
    fields.put("job-id", job.name());
    String store = task.store();
    if (!store.isEmpty()) {
      fields.put("datastore", store);
    }
    String name = kind(job.type()) + " job '" + job.name() + "'";
    return new Notification(
        severity,
        clock.instant(),
        fields,
        host + ": " + name + " " + how,
        "The "
            + name
            + (store.isEmpty() ? "" : " of datastore '" + store + "'")
            + " on "
            + host
            + " has run.\n"
            + text
            + "\n\nIts log: holdfast task log '"
            + task
            + "'\n");
  }

  /** As matchers of real servers name it. */
  static String kind(JobType type) {
    return switch (type) {
      case GARBAGE_COLLECTION -> "gc";
      case PRUNE -> "prune";
      case SYNC -> "sync";
      case VERIFICATION -> "verify";
      case LOG_ROTATION -> "logrotate";
    };
  }
}
