package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.gc.GcStatus;
import dev.holdfast.chunkstore.gc.GcStatusFile;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.job.Job;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobRunner;
import dev.holdfast.node.job.JobStatus;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.job.Trigger;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import dev.holdfast.replication.wire.BodyMemory;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node tells Prometheus and others: its jobs, what garbage collections found, disks,
 * tasks, its certificate, and the JVM. Figures of files are read when somebody asks, so that they
 * are never old. Any thread that may block.
 */
public final class NodeMetrics implements JobRunner.EndListener {
  private static final Logger LOG = LoggerFactory.getLogger(NodeMetrics.class);

  private final Jobs jobs;
  private final DatastoreRegistry stores;
  private final InstantSource clock;
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final GaugeSet gauges = new GaugeSet(registry);
  private final Map<JobId, Long> lastSuccess = new ConcurrentHashMap<>();

  /**
   * @param certificateEnd of the certificate that the node shows
   * @param memory the sessions'
   */
  public NodeMetrics(
      Jobs jobs,
      DatastoreRegistry stores,
      TaskRegistry tasks,
      Supplier<Instant> certificateEnd,
      BodyMemory memory,
      InstantSource clock) {
    this.jobs = jobs;
    this.stores = stores;
    this.clock = clock;
    Gauge.builder("holdfast.tasks.running", tasks, TaskRegistry::runningCount)
        .description("Tasks that run now")
        .register(registry);
    Gauge.builder(
            "holdfast.certificate.end.timestamp.seconds",
            certificateEnd,
            end -> end.get().getEpochSecond())
        .description("When the node's certificate ends, in seconds since 1970")
        .register(registry);
    Gauge.builder("holdfast.session.body.bytes", memory, BodyMemory::usedBytes)
        .description("What the request bodies of all sessions take up")
        .register(registry);
    Gauge.builder("holdfast.session.body.max.bytes", memory, BodyMemory::bytesMax)
        .description("What the request bodies of all sessions may take up")
        .register(registry);
    Gauge.builder("holdfast.session.body.waiting", memory, BodyMemory::waitingBodies)
        .description("Request bodies that wait for room; their clients are held up")
        .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  @Override
  public void ended(JobId job, Upid task, TaskStatus status, Trigger trigger) {
    Counter.builder("holdfast.job.runs")
        .description("Runs of jobs that ended")
        .tags(Tags.of("type", job.type().text(), "state", word(status)))
        .register(registry)
        .increment();
    if (isSuccess(status)) {
      lastSuccess.put(job, clock.instant().getEpochSecond());
    }
  }

  private static boolean isSuccess(TaskStatus status) {
    return status instanceof TaskStatus.Ok || status instanceof TaskStatus.Warnings;
  }

  private static String word(TaskStatus status) {
    return status.kind().name().toLowerCase(Locale.ROOT);
  }

  /** In the text format of Prometheus. */
  public synchronized String scrape() {
    refresh();
    return registry.scrape();
  }

  /** The same for an InfluxDB. */
  synchronized void addTo(InfluxLines lines) {
    refresh();
    var unused = lines.add(registry);
  }

  private void refresh() {
    gauges.clear();
    for (JobType type : JobType.values()) {
      try {
        jobs.of(type).forEach(this::add);
      } catch (BackupException e) {
        LOG.debug("jobs of type {} are left out: {}", type.text(), e.text());
      }
    }
    stores.stores().forEach(this::add);
    gauges.publish();
  }

  // ---- jobs ----

  private void add(Job job) {
    Tags tags = Tags.of("type", job.id().type().text(), "job", job.id().name());
    JobStatus status = jobs.status(job);
    long now = clock.instant().getEpochSecond();
    TaskStatus last = status.lastStatus();
    if (last != null && status.lastEnd().isPresent()) {
      gauges.add(
          "holdfast.job.last.end.timestamp.seconds",
          "When the last run of a job ended, in seconds since 1970",
          tags,
          status.lastEnd().getAsLong());
      gauges.add(
          "holdfast.job.last.failed",
          "Whether the last run of a job failed: 0 or 1",
          tags,
          isSuccess(last) ? 0 : 1);
      if (isSuccess(last)) {
        lastSuccess.merge(job.id(), status.lastEnd().getAsLong(), Math::max);
      }
    }
    Long success = lastSuccess.get(job.id());
    if (success != null) {
      gauges.add(
          "holdfast.job.last.success.age.seconds",
          "How long ago a run of a job ended well; absent when none did since the node knows",
          tags,
          now - success);
    }
    OptionalLong due = jobs.due(job);
    if (due.isPresent()) {
      gauges.add(
          "holdfast.job.overdue.seconds",
          "For how long a job should have run; 0 when it is not due",
          tags,
          Math.max(0, now - due.getAsLong()));
    }
  }

  // ---- datastores ----

  private void add(DatastoreName name, Datastore store) {
    Tags tags = Tags.of("datastore", name.text());
    try {
      FileOps.Space space = store.space();
      bytes("total", "Size of a datastore's file system", tags, space.totalBytes());
      bytes("used", "Used of a datastore's file system", tags, space.usedBytes());
      bytes("available", "Free of a datastore's file system", tags, space.availableBytes());
    } catch (BackupException e) {
      LOG.debug("the space of datastore '{}' is left out: {}", name, e.text());
    }
    try {
      GcStatus status = GcStatusFile.read(store);
      if (status.upid() != null) {
        add(tags, status);
      }
    } catch (BackupException e) {
      LOG.debug("the last collection of datastore '{}' is left out: {}", name, e.text());
    }
  }

  private void bytes(String what, String help, Tags tags, long value) {
    gauges.add("holdfast.datastore." + what + ".bytes", help, tags, value);
  }

  private void add(Tags tags, GcStatus status) {
    collected(tags, status, "index.data.bytes", "Size of all backups", GcStatus::indexDataBytes);
    collected(tags, status, "disk.bytes", "Chunks that are in use", s -> s.disk().bytes());
    collected(tags, status, "disk.chunks", "Chunks that are in use", s -> s.disk().chunks());
    collected(tags, status, "removed.bytes", "What was removed", s -> s.removed().bytes());
    collected(tags, status, "pending.bytes", "What the next one frees", s -> s.pending().bytes());
    collected(tags, status, "bad.chunks", "Damaged chunks in use", GcStatus::stillBad);
  }

  private void collected(
      Tags tags, GcStatus status, String what, String help, ToLongFunction<GcStatus> value) {
    gauges.add(
        "holdfast.gc." + what,
        help + ", at the last garbage collection",
        tags,
        value.applyAsLong(status));
  }
}
