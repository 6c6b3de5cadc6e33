package dev.holdfast.node.job;

import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.node.job.ReplicationHistory.Origin;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.replication.mesh.MeshCoordinator;
import dev.holdfast.replication.mesh.MeshEvent;
import dev.holdfast.replication.mesh.MeshEvent.SnapshotFinished;
import dev.holdfast.replication.mesh.Scheduler;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.transfer.SyncScope;
import dev.holdfast.replication.transfer.Transferred;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All configured syncs, and what starts them besides their schedules: events, somebody who asks.
 * Events are hints that may be lost, so a sync that waits for events also looks at everything at
 * the start and from time to time.
 */
public final class SyncJobs implements AutoCloseable {
  /** Long enough for peers of the same start to be up as well. */
  static final Duration FIRST_LOOK_DELAY = Duration.ofSeconds(5);

  static final Duration RECONCILE_INTERVAL = Duration.ofMinutes(15);

  /** Replaced whole when a job comes or goes; read by any thread. */
  private volatile Map<String, SyncJob> jobs = Map.of();

  private final SyncFactory factory;
  private final TaskRegistry tasks;
  private final JobRunner runner;
  private final SiteStatuses statuses;
  private final ReplicationHistory history;
  private final MeshCoordinator mesh;
  private final Function<String, String> siteOfPeer;
  private final Scheduler timer;
  private final InstantSource clock;
  private MeshCoordinator.@Nullable Subscription subscription;

  /**
   * @param siteOfPeer what a peer calls itself, by its name here
   */
  public SyncJobs(
      List<SyncConfig> configs,
      SyncFactory factory,
      TaskRegistry tasks,
      JobRunner runner,
      SiteStatuses statuses,
      ReplicationHistory history,
      MeshCoordinator mesh,
      Function<String, String> siteOfPeer,
      Scheduler timer,
      InstantSource clock) {
    this.factory = factory;
    this.tasks = tasks;
    this.runner = runner;
    this.statuses = statuses;
    this.history = history;
    this.mesh = mesh;
    this.siteOfPeer = siteOfPeer;
    this.timer = timer;
    this.clock = clock;
    configs.forEach(this::put);
  }

  /** Adds a job, or replaces the one of that id, and from now on starts it when it is due. */
  public synchronized void put(SyncConfig config) {
    remove(config.id());
    SyncJob job =
        new SyncJob(
            config, until -> factory.make(config, until), tasks, runner, timer, this::transferred);
    Map<String, SyncJob> more = new LinkedHashMap<>(jobs);
    more.put(config.id(), job);
    jobs = Collections.unmodifiableMap(more);
    if (subscription != null) {
      watch(job);
    }
  }

  /** A run that is under way goes on to its end. */
  public synchronized void remove(String id) {
    SyncJob job = jobs.get(id);
    if (job != null) {
      Map<String, SyncJob> fewer = new LinkedHashMap<>(jobs);
      fewer.remove(id);
      jobs = Collections.unmodifiableMap(fewer);
      job.close();
    }
  }

  /** Returns at once. */
  public synchronized void start() {
    subscription = mesh.subscribe(this::hear);
    jobs.values().forEach(this::watch);
  }

  private void watch(SyncJob job) {
    if (job.config().when().event()) {
      timer.after(FIRST_LOOK_DELAY, () -> reconcile(job));
    }
  }

  private boolean isGone(SyncJob job) {
    return !job.equals(jobs.get(job.config().id()));
  }

  private void reconcile(SyncJob job) {
    if (isGone(job)) {
      return;
    }
    job.request(SyncScope.ALL);
    timer.after(RECONCILE_INTERVAL, () -> reconcile(job));
  }

  private void hear(MeshEvent event) {
    switch (event) {
      case SnapshotFinished finished -> finished(finished);
    }
  }

  private void finished(SnapshotFinished event) {
    history.finished(
        new Origin(event.site(), event.datastore(), event.namespace(), event.snapshot()),
        event.finishedAtMillis());
    for (SyncJob job : jobs.values()) {
      if (job.config().when().event() && concerns(job, event)) {
        job.request(SyncScope.of(event.namespace(), event.snapshot().group()));
      }
    }
  }

  /** It happened at the source of this sync. */
  private boolean concerns(SyncJob job, SnapshotFinished event) {
    return sourceSite(job.config()).equals(event.site())
        && job.config().source().store().equals(event.datastore())
        && job.selects(event.namespace(), event.snapshot().group());
  }

  private String sourceSite(SyncConfig config) {
    return switch (config) {
      case SyncConfig.Pull pull -> pull.peer().map(siteOfPeer).orElseGet(mesh::site);
      case SyncConfig.Push push -> mesh.site();
    };
  }

  private void transferred(SyncConfig config, Transferred moved) {
    if (!moved.dataChanged()) {
      return;
    }
    Namespace origin =
        switch (config) {
          case SyncConfig.Pull pull -> moved.target().rebase(pull.into().ns(), pull.from().ns());
          case SyncConfig.Push push -> moved.target().rebase(push.to().ns(), push.from().ns());
        };
    DatastoreName target =
        config instanceof SyncConfig.Push push ? push.to().store() : config.local().store();
    history.add(
        new ReplicationHistory.Entry(
            config.id(),
            target,
            moved.target(),
            moved.snapshot(),
            moved.reason(),
            history.finishedAt(
                new Origin(sourceSite(config), config.source().store(), origin, moved.snapshot())),
            clock.millis(),
            moved.took().toMillis(),
            moved.encodedBytes()));
    if (config instanceof SyncConfig.Pull) {
      statuses.pulled(
          target, moved.target(), moved.snapshot(), moved.took().toMillis(), moved.encodedBytes());
    }
  }

  /**
   * Starts a run that belongs to no job; what it cannot do then, nobody tries again.
   *
   * @throws BackupException when the peer or the datastore cannot be used at all
   */
  public Upid runOnce(SyncConfig config, AuthId caller) {
    try (Leases briefly = new Leases()) {
      var unused = factory.make(config, briefly);
    }
    return new SyncJob(
            config,
            true,
            until -> factory.make(config, until),
            tasks,
            runner,
            timer,
            this::transferred)
        .start(caller, new Trigger.Request());
  }

  /** In the order of the configuration. */
  public List<SyncJob> all() {
    return List.copyOf(jobs.values());
  }

  public JobStates states() {
    return runner.states();
  }

  /**
   * What a run would do now; blocks on the peer.
   *
   * @throws BackupException NOT_FOUND when there is no such sync
   */
  public SyncPlan plan(String id) {
    return job(id).plan();
  }

  /**
   * Starts a run of everything.
   *
   * @throws BackupException NOT_FOUND, or LOCKED when it runs already
   */
  public Upid runNow(String id, AuthId caller) {
    return job(id).start(caller, new Trigger.Request());
  }

  private SyncJob job(String id) {
    SyncJob job = jobs.get(id);
    if (job == null) {
      throw BackupException.notFound("no such sync '" + id + "'")
          .advise("`holdfast sync list` shows those that are configured.");
    }
    return job;
  }

  /** Starts nothing more. */
  @Override
  public synchronized void close() {
    if (subscription != null) {
      subscription.close();
    }
    jobs.values().forEach(SyncJob::close);
  }
}
