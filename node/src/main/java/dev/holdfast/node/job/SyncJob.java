package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.mesh.Scheduler;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlanText;
import dev.holdfast.replication.transfer.Sync;
import dev.holdfast.replication.transfer.SyncReport;
import dev.holdfast.replication.transfer.SyncResult;
import dev.holdfast.replication.transfer.SyncScope;
import dev.holdfast.replication.transfer.Transferred;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One configured sync: what asks for it while it runs waits and is done by the next run, so there
 * is one run at a time. What fails is tried again later, and later each time; a group that somebody
 * else is working on is looked at again soon. Each run is a task. Any thread.
 */
public final class SyncJob {
  private static final Logger LOG = LoggerFactory.getLogger(SyncJob.class);

  static final String TASK_TYPE = "syncjob";

  static final Duration RETRY_DELAY_MIN = Duration.ofSeconds(5);
  static final Duration RETRY_DELAY_MAX = Duration.ofMinutes(15);
  static final Duration BUSY_DELAY = Duration.ofSeconds(20);

  /** More groups than this waiting: looking at everything is cheaper. */
  static final int WAITING_MAX = 64;

  private final SyncConfig config;
  private final Supplier<Sync> syncs;
  private final TaskRegistry tasks;
  private final Scheduler timer;
  private final BiConsumer<SyncConfig, Transferred> onTransferred;

  // Guarded by this.
  private final Set<SyncScope> waiting = new LinkedHashSet<>();
  private @Nullable Upid running;
  private @Nullable LastRun lastRun;
  private int failuresInARow;
  private boolean closed;

  /**
   * How the last run ended.
   *
   * @param failure null = well
   */
  public record LastRun(Upid upid, long endedAtSeconds, @Nullable String failure) {}

  /** What it is doing, for listings. */
  public record View(SyncConfig config, @Nullable Upid running, @Nullable LastRun lastRun) {}

  /**
   * @param syncs makes what carries out a run, anew for each
   * @param onTransferred hears of each snapshot that reached the target; must not block long
   */
  SyncJob(
      SyncConfig config,
      Supplier<Sync> syncs,
      TaskRegistry tasks,
      Scheduler timer,
      BiConsumer<SyncConfig, Transferred> onTransferred) {
    this.config = config;
    this.syncs = syncs;
    this.tasks = tasks;
    this.timer = timer;
    this.onTransferred = onTransferred;
  }

  public SyncConfig config() {
    return config;
  }

  public synchronized View view() {
    return new View(config, running, lastRun);
  }

  /** What a run would do now; blocks on the peer. */
  SyncPlan plan() {
    return syncs.get().plan(SyncScope.ALL);
  }

  /** Runs now, or after the present run; returns at once. */
  synchronized void request(SyncScope scope) {
    if (closed) {
      return;
    }
    wait(scope);
    startWaiting();
  }

  /**
   * Runs everything now, for somebody who waits for it.
   *
   * @throws BackupException LOCKED when a run is under way
   */
  synchronized Upid runNow(AuthId caller) {
    if (running != null) {
      throw new BackupException(Kind.LOCKED, "sync '" + config.id() + "' is running already")
          .with("task", running);
    }
    wait(SyncScope.ALL);
    return start(caller);
  }

  private void wait(SyncScope scope) {
    if (scope.isAll() || waiting.size() >= WAITING_MAX) {
      waiting.clear();
      waiting.add(SyncScope.ALL);
    } else if (!waiting.contains(SyncScope.ALL)) {
      waiting.add(scope);
    }
  }

  /** With the lock held. A task that cannot be made (a full disk) is tried again. */
  private void startWaiting() {
    if (running != null || waiting.isEmpty()) {
      return;
    }
    try {
      start(owner());
    } catch (BackupException e) {
      LOG.error("sync '{}' cannot start: {}", config.id(), e.text());
      List<SyncScope> left = List.copyOf(waiting);
      waiting.clear();
      timer.after(retryDelay(failuresInARow++), () -> left.forEach(this::request));
    }
  }

  /** With the lock held. */
  private Upid start(AuthId caller) {
    Upid upid = tasks.spawn(TASK_TYPE, taskId(), caller, this::run);
    running = upid;
    return upid;
  }

  private AuthId owner() {
    return config instanceof SyncConfig.Pull pull ? pull.owner() : AuthId.ROOT;
  }

  /** Peer, its store, our store, our namespace, job (spec/engine.md §5.9). */
  private String taskId() {
    return String.join(
        ":",
        config.remote().peer(),
        config.remote().store().text(),
        config.local().store().text(),
        config.local().ns().toString(),
        config.id());
  }

  private void run(WorkerTask task) {
    List<SyncScope> scopes;
    synchronized (this) {
      scopes = List.copyOf(waiting);
      waiting.clear();
    }
    List<SyncScope> again = new ArrayList<>();
    List<SyncScope> busy = new ArrayList<>();
    BackupException failure = null;
    try {
      failure = carryOut(task, scopes, again, busy);
    } catch (BackupException e) {
      failure = e;
      again.addAll(scopes);
    } catch (RuntimeException e) {
      LOG.error("sync '{}' broke off", config.id(), e);
      failure = new BackupException(Kind.INTERNAL, "sync '" + config.id() + "' broke off: " + e, e);
      again.addAll(scopes);
    } finally {
      ended(task.upid(), failure, again, busy);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Null when all went well. */
  private @Nullable BackupException carryOut(
      WorkerTask task, List<SyncScope> scopes, List<SyncScope> again, List<SyncScope> busy) {
    Sync sync = syncs.get();
    SyncReport report = new TaskReport(task, moved -> onTransferred.accept(config, moved));
    long failures = 0;
    for (SyncScope scope : scopes) {
      task.checkAborted();
      SyncPlan plan = sync.plan(scope);
      SyncPlanText.lines(plan).forEach(task::log);
      if (plan.isRefused()) {
        throw BackupException.invalid("the plan of sync '" + config.id() + "' is refused");
      }
      SyncResult result = sync.run(plan, report);
      for (SyncResult.BusyGroup group : result.busyGroups()) {
        busy.add(SyncScope.of(group.source(), group.group()));
      }
      if (!result.ok()) {
        failures += result.failures().size();
        again.add(scope);
      }
    }
    return failures == 0
        ? null
        : new BackupException(
            Kind.INTERNAL, "sync failed with some errors (" + failures + "), see the task's log");
  }

  private synchronized void ended(
      Upid upid, @Nullable BackupException failure, List<SyncScope> again, List<SyncScope> busy) {
    running = null;
    long now = tasks.clock().instant().getEpochSecond();
    lastRun = new LastRun(upid, now, failure == null ? null : failure.text());
    if (closed || (failure != null && failure.kind() == Kind.CANCELLED)) {
      return; // somebody wanted it to stop: the next event or the schedule goes on
    }
    if (failure == null) {
      failuresInARow = 0;
    } else {
      LOG.warn("sync '{}' failed: {}", config.id(), failure.text());
      Duration delay = retryDelay(failuresInARow++);
      timer.after(delay, () -> again.forEach(this::request));
    }
    if (!busy.isEmpty()) {
      timer.after(BUSY_DELAY, () -> busy.forEach(this::request));
    }
    startWaiting();
  }

  static Duration retryDelay(int failuresBefore) {
    Duration delay = RETRY_DELAY_MIN.multipliedBy(1L << Math.min(failuresBefore, 16));
    return delay.compareTo(RETRY_DELAY_MAX) < 0 ? delay : RETRY_DELAY_MAX;
  }

  /** Whether an event about this place concerns the source of this sync. */
  boolean selects(Namespace source, GroupId group) {
    Namespace from = config instanceof SyncConfig.Pull ? config.remote().ns() : config.local().ns();
    return from.contains(source)
        && source.depth() - from.depth() <= config.maxDepth()
        && config.rules().accepts(group);
  }

  /** Starts nothing more; the present run is ended by whoever ends all tasks. */
  synchronized void close() {
    closed = true;
    waiting.clear();
  }
}
