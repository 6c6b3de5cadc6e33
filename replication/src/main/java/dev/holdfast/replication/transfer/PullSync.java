package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.WriterGuard;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * From a peer, which may be a real PBS, or from another datastore of ours into one of our
 * datastores (spec/engine.md §5; what is different is in the planner's rules). Needs no more of the
 * source than to list and to read.
 */
public final class PullSync implements Sync {
  private final PullSource source;
  private final Datastore local;
  private final TargetRights rights;
  private final Mapping mapping;
  private final SyncRules rules;
  private final GroupLeases leases;
  private final ChunkFetches fetches;
  private final TransferLimits limits;
  private final Workers workers;
  private final RemovedHere removedHere;
  private final InstantSource clock;

  /**
   * @param leases of the local datastore
   * @param fetches the local datastore's
   * @param workers a bounded pool of platform threads: checks chunks and writes files
   */
  public PullSync(
      PullSource source,
      Datastore local,
      Mapping mapping,
      SyncRules rules,
      GroupLeases leases,
      ChunkFetches fetches,
      TransferLimits limits,
      Executor workers) {
    this(
        source,
        local,
        TargetRights.EVERYTHING,
        mapping,
        rules,
        leases,
        fetches,
        limits,
        workers,
        RemovedHere.NOTHING,
        InstantSource.system());
  }

  /**
   * @param rights the owner's in the local datastore
   * @param removedHere what is not to be brought back
   * @param clock measures how long transfers take
   */
  public PullSync(
      PullSource source,
      Datastore local,
      TargetRights rights,
      Mapping mapping,
      SyncRules rules,
      GroupLeases leases,
      ChunkFetches fetches,
      TransferLimits limits,
      Executor workers,
      RemovedHere removedHere,
      InstantSource clock) {
    this.source = source;
    this.local = local;
    this.rights = rights;
    this.mapping = mapping;
    this.rules = rules;
    this.leases = leases;
    this.fetches = fetches;
    this.limits = limits;
    this.workers = new Workers(workers);
    this.removedHere = removedHere;
    this.clock = clock;
  }

  @Override
  public SyncPlan plan(SyncScope scope) {
    return scope.namespace() == null || scope.group() == null
        ? planAll()
        : planOne(scope.namespace(), scope.group());
  }

  private SyncPlan planAll() {
    boolean complete = rules.removeVanished();
    return Views.plan(
        () -> source.view(mapping.from(), rules.maxDepth(), complete),
        () -> new LocalListing(local, removedHere).target(mapping.into(), rules.maxDepth()),
        mapping,
        rules);
  }

  private SyncPlan planOne(Namespace namespace, GroupId group) {
    LocalListing here = new LocalListing(local, removedHere);
    return Views.planOne(
        namespace,
        () -> source.view(mapping.from(), namespace, group),
        target -> here.target(target, group),
        mapping,
        rules);
  }

  /**
   * @throws BackupException CANCELLED when the report or an interrupt says so
   */
  @Override
  public SyncResult run(SyncPlan plan, SyncReport report) {
    report.log("pull datastore '" + local.name() + "' from '" + source + "'");
    PullEnds ends =
        new PullEnds(
            source,
            local,
            rules,
            fetches,
            limits.chunksInFlight(),
            new ByteBudget(limits.bytesInFlight()),
            new Semaphore(source.extraSessions()),
            workers,
            clock);
    // From the first chunk that is found here on, garbage collection must know that it is wanted.
    try (WriterGuard writing = local.openWriter()) {
      return SyncRun.execute(
          plan,
          new PullWork(ends, mapping.owner(), rights),
          leases,
          limits.parallelGroups(),
          report,
          clock);
    }
  }

  @Override
  public String toString() {
    return "pull from " + source + " into " + local.name();
  }
}
