package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.host.NodeMeasurements;
import dev.holdfast.node.job.Job;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every few minutes for what nobody reports by itself: jobs that should have run, disks that
 * fill up, a certificate that ends soon. Blocks on files.
 */
public final class HealthWatch {
  private static final Logger LOG = LoggerFactory.getLogger(HealthWatch.class);

  static final Duration INTERVAL = Duration.ofMinutes(5);

  /** A job that is due starts within a minute, unless something is wrong. */
  static final Duration OVERDUE_AFTER = Duration.ofHours(1);

  /** At the second a backup of usual size may not fit any more. */
  static final double FULL_WARNING = 0.85;

  static final double FULL_ERROR = 0.95;

  static final Duration CERTIFICATE_WARNING = Duration.ofDays(21);
  static final Duration CERTIFICATE_ERROR = Duration.ofDays(3);

  private final String host;
  private final Jobs jobs;
  private final NodeMeasurements.Spaces spaces;
  private final Supplier<Instant> certificateEnd;
  private final InstantSource clock;
  private final Consumer<Notification> out;
  private final Conditions conditions;
  private Set<JobId> known = new HashSet<>();

  /**
   * @param host names this node in the notification
   * @param certificateEnd of the certificate that the node shows
   */
  public HealthWatch(
      String host,
      Jobs jobs,
      NodeMeasurements.Spaces spaces,
      Supplier<Instant> certificateEnd,
      InstantSource clock,
      Consumer<Notification> out) {
    this.host = host;
    this.jobs = jobs;
    this.spaces = spaces;
    this.certificateEnd = certificateEnd;
    this.clock = clock;
    this.out = out;
    this.conditions = new Conditions(out);
  }

  /**
   * Looks after the first interval, and from then on.
   *
   * @param later runs something after a time, where it may block, as long as the node runs
   */
  public void start(BiConsumer<Duration, Runnable> later) {
    later.accept(
        INTERVAL,
        () -> {
          start(later);
          look();
        });
  }

  synchronized void look() {
    jobs();
    disks();
    certificate();
  }

  private void jobs() {
    Set<JobId> seen = new HashSet<>();
    for (JobType type : JobType.values()) {
      try {
        for (Job job : jobs.of(type)) {
          seen.add(job.id());
          job(job);
        }
      } catch (BackupException e) {
        LOG.debug("jobs of type {} cannot be looked at: {}", type.text(), e.text());
      }
    }
    known.removeAll(seen);
    known.forEach(gone -> conditions.well("overdue " + gone));
    known = seen;
  }

  private void job(Job job) {
    String what = "overdue " + job.id();
    OptionalLong due = jobs.due(job);
    Instant now = clock.instant();
    if (due.isEmpty() || Instant.ofEpochSecond(due.getAsLong()).plus(OVERDUE_AFTER).isAfter(now)) {
      var unused = conditions.well(what);
      return;
    }
    SortedMap<String, String> fields = fields("overdue");
    fields.put("job-id", job.id().name());
    String name = JobNotifications.kind(job.id().type()) + " job '" + job.id().name() + "'";
    conditions.bad(
        what,
        event(
            Severity.WARNING,
            fields,
            name + " is overdue",
            "The "
                + name
                + " was due at "
                + Instant.ofEpochSecond(due.getAsLong())
                + " and has not ended since."
                + "\nIts last run may still go on: holdfast task list --running\n"));
  }

  private void disks() {
    spaces
        .now()
        .forEach(
            (name, space) -> {
              try {
                disk(name, space.get());
              } catch (BackupException e) {
                LOG.debug("the space of datastore '{}' is not known: {}", name, e.text());
              }
            });
  }

  private void disk(DatastoreName store, FileOps.Space space) {
    // Of what this user can have: used and available make less than the total.
    double full =
        (double) space.usedBytes() / Math.max(1, space.usedBytes() + space.availableBytes());
    String what = "full " + store;
    SortedMap<String, String> fields = fields("disk");
    fields.put("datastore", store.text());
    if (full >= FULL_WARNING) {
      conditions.bad(
          what,
          event(
              full >= FULL_ERROR ? Severity.ERROR : Severity.WARNING,
              fields,
              "datastore '" + store + "' is " + Math.round(full * 100) + " % full",
              "The file system of datastore '"
                  + store
                  + "' has "
                  + space.availableBytes() / (1024 * 1024)
                  + " MiB left."
                  + "\nPrune, and collect garbage: it frees what was pruned a day before.\n"));
    } else if (conditions.well(what)) {
      out.accept(
          event(
              Severity.INFO,
              fields,
              "datastore '" + store + "' has room again",
              "The file system of datastore '"
                  + store
                  + "' has "
                  + space.availableBytes() / (1024 * 1024)
                  + " MiB left.\n"));
    }
  }

  private void certificate() {
    Instant end = certificateEnd.get();
    Duration left = Duration.between(clock.instant(), end);
    if (left.compareTo(CERTIFICATE_WARNING) > 0) {
      var unused = conditions.well("certificate");
      return;
    }
    conditions.bad(
        "certificate",
        event(
            left.compareTo(CERTIFICATE_ERROR) > 0 ? Severity.WARNING : Severity.ERROR,
            fields("certificate"),
            left.isNegative() ? "certificate has ended" : "certificate ends soon",
            "The certificate that this node shows ends at "
                + end.truncatedTo(ChronoUnit.SECONDS)
                + ".\nPeers that pin it must be told the fingerprint of the next one first.\n"));
  }

  private SortedMap<String, String> fields(String type) {
    SortedMap<String, String> fields = new TreeMap<>();
    fields.put("type", type);
    fields.put("hostname", host);
    return fields;
  }

  private Notification event(
      Severity severity, SortedMap<String, String> fields, String title, String text) {
    return new Notification(severity, clock.instant(), fields, host + ": " + title, text);
  }
}
