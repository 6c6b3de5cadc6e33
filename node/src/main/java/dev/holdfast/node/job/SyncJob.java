package dev.holdfast.node.job;

import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.mesh.Scheduler;
import dev.holdfast.replication.plan.Refusal;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlanText;
import dev.holdfast.replication.transfer.Sync;
import dev.holdfast.replication.transfer.SyncReport;
import dev.holdfast.replication.transfer.SyncResult;
import dev.holdfast.replication.transfer.SyncScope;
import dev.holdfast.replication.transfer.Transferred;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One configured sync: what asks for it while it runs waits and is done by the next run, so there
 * is one run at a time. What fails is tried again later, and later each time; a group that somebody
 * else is working on is looked at again soon. Each run is a task. Any thread.
 */
public final class SyncJob implements Job {
  private static final Logger LOG = LoggerFactory.getLogger(SyncJob.class);

  /** Of a run that belongs to no job. */
  private static final String ONCE_TASK_TYPE = "sync";

  static final Duration RETRY_DELAY_MIN = Duration.ofSeconds(5);
  static final Duration RETRY_DELAY_MAX = Duration.ofMinutes(15);
  static final Duration BUSY_DELAY = Duration.ofSeconds(20);

  private final SyncConfig config;
  private final boolean once;
  private final Function<Leases, Sync> syncs;
  private final TaskRegistry tasks;
  private final JobRunner runner;
  private final Scheduler timer;
  private final BiConsumer<SyncConfig, Transferred> onTransferred;

  // Guarded by this.
  private final ScopeSet waiting = new ScopeSet();
  private final Later failed = new Later();
  private final Later busy = new Later();
  private @Nullable Upid running;
  private int failuresInARow;
  private boolean closed;

  /** What is asked for again by one timer, so that many failures are not many retries. */
  private final class Later {
    private final ScopeSet scopes = new ScopeSet();
    private boolean timed;

    /** With the lock held. */
    void add(List<SyncScope> more, Duration delay) {
      scopes.addAll(more);
      if (!timed && !scopes.isEmpty()) {
        timed = true;
        timer.after(delay, this::ask);
      }
    }

    private void ask() {
      synchronized (SyncJob.this) {
        timed = false;
        scopes.take().forEach(SyncJob.this::request);
      }
    }
  }

  /**
   * @param syncs makes what carries out a run, anew for each, to be used until then
   * @param onTransferred hears of each snapshot that reached the target; must not block long
   */
  SyncJob(
      SyncConfig config,
      Function<Leases, Sync> syncs,
      TaskRegistry tasks,
      JobRunner runner,
      Scheduler timer,
      BiConsumer<SyncConfig, Transferred> onTransferred) {
    this(config, false, syncs, tasks, runner, timer, onTransferred);
  }

  /**
   * @param once for a single run, which is not tried again
   */
  SyncJob(
      SyncConfig config,
      boolean once,
      Function<Leases, Sync> syncs,
      TaskRegistry tasks,
      JobRunner runner,
      Scheduler timer,
      BiConsumer<SyncConfig, Transferred> onTransferred) {
    this.config = config;
    this.once = once;
    this.syncs = syncs;
    this.tasks = tasks;
    this.runner = runner;
    this.timer = timer;
    this.onTransferred = onTransferred;
  }

  public SyncConfig config() {
    return config;
  }

  /** Its task; null when nothing goes on. */
  public synchronized @Nullable Upid running() {
    return running;
  }

  @Override
  public JobId id() {
    return new JobId(JobType.SYNC, config.id());
  }

  @Override
  public Optional<CalendarEvent> schedule() {
    return config.when().schedule();
  }

  @Override
  public boolean enabled() {
    return true;
  }

  /** What a run would do now; blocks on the peer. */
  SyncPlan plan() {
    try (Leases until = new Leases()) {
      return syncs.apply(until).plan(SyncScope.ALL);
    } catch (BackupException e) {
      throw named(e);
    }
  }

  /** Runs now, or after the present run; returns at once. */
  synchronized void request(SyncScope scope) {
    if (closed) {
      return;
    }
    waiting.add(scope);
    startWaiting();
  }

  /**
   * Runs everything now.
   *
   * @throws BackupException LOCKED when a run is under way, CANCELLED when the node stops
   */
  @Override
  public synchronized Upid start(AuthId caller, Trigger trigger) {
    if (closed) {
      throw new BackupException(Kind.CANCELLED, "the node is stopping");
    }
    if (running != null) {
      throw new BackupException(Kind.LOCKED, "sync '" + config.id() + "' is running already")
          .with("task", running);
    }
    Upid upid = startTask(caller, trigger);
    waiting.add(SyncScope.ALL); // the run takes it when this call has ended
    return upid;
  }

  /** With the lock held. A task that cannot be made (a full disk) is tried again. */
  private void startWaiting() {
    if (running != null || waiting.isEmpty()) {
      return;
    }
    try {
      startTask(owner(), waiting.isAll() ? new Trigger.Request() : new Trigger.Event());
    } catch (BackupException e) {
      LOG.error("sync '{}' cannot start: {}", config.id(), e.text());
      failed.add(waiting.take(), retryDelay(failuresInARow++));
    }
  }

  /** With the lock held. */
  private Upid startTask(AuthId caller, Trigger trigger) {
    Upid upid =
        once
            ? tasks.spawn(ONCE_TASK_TYPE, config.local().store().text(), caller, this::run)
            : runner.start(id(), taskId(), caller, trigger, this::run);
    running = upid;
    return upid;
  }

  private AuthId owner() {
    return config instanceof SyncConfig.Pull pull ? pull.owner() : AuthId.ROOT;
  }

  /** Peer or {@code -}, source or target there, our store, our namespace, job (engine.md §5.9). */
  private String taskId() {
    return String.join(
        ":",
        config.peer().orElse("-"),
        config.other().store().text(),
        config.local().store().text(),
        config.local().ns().toString(),
        config.id());
  }

  private void run(WorkerTask task) {
    List<SyncScope> scopes;
    synchronized (this) {
      scopes = waiting.take();
      failed.scopes.remove(scopes);
      busy.scopes.remove(scopes);
    }
    Outcome outcome = new Outcome();
    // The next run may start as soon as the state of this one is written.
    task.beforeEnd(status -> ended(task, outcome));
    try {
      carryOut(task, scopes, outcome);
    } catch (BackupException e) {
      outcome.fail(task.aborted() ? aborted(e) : named(e), scopes);
    } catch (RuntimeException e) {
      LOG.error("sync '{}' broke off", config.id(), e);
      outcome.fail(
          new BackupException(Kind.INTERNAL, "sync '" + config.id() + "' broke off: " + e, e),
          scopes);
    }
    if (outcome.failure != null) {
      throw outcome.failure;
    }
  }

  /** How a run went. */
  private static final class Outcome {
    final List<SyncScope> failed = new ArrayList<>();
    final List<SyncScope> busy = new ArrayList<>();

    /** The first one; null = well. */
    @Nullable BackupException failure;

    void fail(BackupException error, List<SyncScope> scopes) {
      failed.addAll(scopes);
      if (failure == null) {
        failure = error;
      }
    }
  }

  private void carryOut(WorkerTask task, List<SyncScope> scopes, Outcome outcome) {
    Sync sync = syncs.apply(task.leases());
    SyncReport report = new TaskReport(task, moved -> onTransferred.accept(config, moved));
    for (SyncScope scope : scopes) {
      task.checkAborted();
      SyncPlan plan = sync.plan(scope);
      SyncPlanText.lines(plan).forEach(task::log);
      if (plan.isRefused()) {
        // Another group may still be fine.
        String text = "the plan of sync '" + config.id() + "' is refused: " + refusal(plan);
        outcome.fail(BackupException.invalid(text), List.of(scope));
        continue;
      }
      SyncResult result = sync.run(plan, report);
      for (SyncResult.BusyGroup group : result.busyGroups()) {
        outcome.busy.add(SyncScope.of(group.source(), group.group()));
      }
      if (!result.ok()) {
        int count = result.failures().size();
        String text = "sync failed with some errors (" + count + "), see the task's log";
        outcome.fail(new BackupException(Kind.INTERNAL, text), List.of(scope));
      }
    }
  }

  private static String refusal(SyncPlan plan) {
    return plan.refusals().stream()
        .filter(Refusal::stopsAll)
        .map(Refusal::text)
        .collect(Collectors.joining("; "));
  }

  /** Whatever was going on broke off because of that. */
  private static BackupException aborted(BackupException cause) {
    return new BackupException(Kind.CANCELLED, "task aborted", cause);
  }

  /** What a peer's address means to nobody is said with its name. */
  private BackupException named(BackupException error) {
    return switch (error.kind()) {
      case PEER_UNREACHABLE, PEER_UNTRUSTED, UNAUTHENTICATED -> {
        String peer = config.peer().map(name -> "peer '" + name + "': ").orElse("");
        yield new BackupException(error.kind(), peer + error.text(), error).withFactsOf(error);
      }
      default -> error;
    };
  }

  private synchronized void ended(WorkerTask task, Outcome outcome) {
    BackupException failure = outcome.failure;
    running = null;
    if (closed || once || (failure != null && task.aborted())) {
      return; // somebody wanted it to stop: the next event or the schedule goes on
    }
    if (failure == null) {
      failuresInARow = 0;
    } else {
      LOG.warn("sync '{}' failed: {}", config.id(), failure.text());
      failed.add(outcome.failed, retryDelay(failuresInARow++));
    }
    busy.add(outcome.busy, BUSY_DELAY);
    startWaiting();
  }

  static Duration retryDelay(int failuresBefore) {
    Duration delay = RETRY_DELAY_MIN.multipliedBy(1L << Math.min(failuresBefore, 16));
    return delay.compareTo(RETRY_DELAY_MAX) < 0 ? delay : RETRY_DELAY_MAX;
  }

  /** Whether an event about this place concerns the source of this sync. */
  boolean selects(Namespace source, GroupId group) {
    Namespace from = config.source().ns();
    return from.contains(source)
        && source.depth() - from.depth() <= config.maxDepth()
        && config.rules().accepts(group);
  }

  /** Starts nothing more; the present run is ended by whoever ends all tasks. */
  synchronized void close() {
    closed = true;
    var unused = waiting.take();
  }
}
