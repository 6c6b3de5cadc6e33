package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.Refusal;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.transfer.Sync;
import dev.holdfast.replication.transfer.SyncReport;
import dev.holdfast.replication.transfer.SyncResult;
import dev.holdfast.replication.transfer.SyncResult.BusyGroup;
import dev.holdfast.replication.transfer.SyncScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A sync that moves nothing and does as the test says. */
final class FakeSync implements Sync {
  private static final long SECONDS_MAX = 20;
  private static final Mapping MAPPING = Mapping.pull(Namespace.ROOT, Namespace.ROOT, AuthId.ROOT);

  /** What was looked at, in order. */
  final List<SyncScope> planned = new CopyOnWriteArrayList<>();

  final Set<SyncScope> refused = ConcurrentHashMap.newKeySet();

  /** Of the runs to come, until it is emptied. */
  final List<BusyGroup> busy = new CopyOnWriteArrayList<>();

  final List<String> failures = new CopyOnWriteArrayList<>();
  volatile @Nullable BackupException unusable;

  private final BlockingQueue<SyncReport> arrived = new LinkedBlockingQueue<>();
  private final Semaphore mayEnd = new Semaphore(0);
  private volatile boolean held;

  @Override
  public SyncPlan plan(SyncScope scope) {
    planned.add(scope);
    throwIfUnusable();
    List<Refusal> refusals =
        refused.contains(scope) ? List.of(new Refusal.SourceMissing(Namespace.ROOT)) : List.of();
    return new SyncPlan(MAPPING, List.of(), List.of(), List.of(), List.of(), refusals);
  }

  @Override
  public SyncResult run(SyncPlan plan, SyncReport report) {
    if (held) {
      arrived.add(report);
      if (!within(mayEnd)) {
        throw new AssertionError("nobody let the run go on");
      }
      throwIfUnusable();
      report.checkAborted();
    }
    return new SyncResult(0, 0, 0, failures, busy);
  }

  private void throwIfUnusable() {
    BackupException failure = unusable;
    if (failure != null) {
      throw failure;
    }
  }

  private static boolean within(Semaphore permit) {
    try {
      return permit.tryAcquire(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** From now on runs stand still until {@link #release}. */
  void hold() {
    held = true;
  }

  /** Returns when a run stands still. */
  void awaitRun() throws InterruptedException {
    if (arrived.poll(SECONDS_MAX, TimeUnit.SECONDS) == null) {
      throw new AssertionError("no run began");
    }
  }

  void release() {
    held = false;
    mayEnd.release();
  }

  /** What was looked at since the last call. */
  List<SyncScope> takePlanned() {
    List<SyncScope> taken = new ArrayList<>(planned);
    planned.clear();
    return taken;
  }
}
