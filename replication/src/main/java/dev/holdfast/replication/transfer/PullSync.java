package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.WriterGuard;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * From a peer, which may be a real PBS, into one of our datastores (spec/engine.md §5; what is
 * different is in the planner's rules). Needs no more of the peer than to list and to read.
 */
public final class PullSync implements Sync {
  /** With those of the groups, enough for a Gbit/s over 150 ms (design §6). */
  private static final int EXTRA_SESSIONS = 8;

  private final RemoteNode source;
  private final DatastoreName remoteStore;
  private final Datastore local;
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
      RemoteNode source,
      DatastoreName remoteStore,
      Datastore local,
      Mapping mapping,
      SyncRules rules,
      GroupLeases leases,
      ChunkFetches fetches,
      TransferLimits limits,
      Executor workers) {
    this(
        source,
        remoteStore,
        local,
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
   * @param removedHere what is not to be brought back
   * @param clock measures how long transfers take
   */
  public PullSync(
      RemoteNode source,
      DatastoreName remoteStore,
      Datastore local,
      Mapping mapping,
      SyncRules rules,
      GroupLeases leases,
      ChunkFetches fetches,
      TransferLimits limits,
      Executor workers,
      RemovedHere removedHere,
      InstantSource clock) {
    this.source = source;
    this.remoteStore = remoteStore;
    this.local = local;
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
    RemoteListing remote = new RemoteListing(source, remoteStore);
    boolean complete = rules.removeVanished();
    return Views.plan(
        () -> remote.source(mapping.from(), rules.maxDepth(), complete),
        () -> new LocalListing(local, removedHere).target(mapping.into(), rules.maxDepth()),
        mapping,
        rules);
  }

  private SyncPlan planOne(Namespace namespace, GroupId group) {
    RemoteListing remote = new RemoteListing(source, remoteStore);
    LocalListing here = new LocalListing(local, removedHere);
    return Views.planOne(
        namespace,
        () -> remote.source(mapping.from(), namespace, group),
        target -> here.target(target, group),
        mapping,
        rules);
  }

  /**
   * @throws BackupException CANCELLED when the report or an interrupt says so
   */
  @Override
  public SyncResult run(SyncPlan plan, SyncReport report) {
    report.log("pull datastore '" + local.name() + "' from '" + source + "/" + remoteStore + "'");
    PullEnds ends =
        new PullEnds(
            source,
            remoteStore,
            local,
            fetches,
            limits.chunksInFlight(),
            new ByteBudget(limits.bytesInFlight()),
            new Semaphore(EXTRA_SESSIONS),
            workers,
            clock);
    // From the first chunk that is found here on, garbage collection must know that it is wanted.
    try (WriterGuard writing = local.openWriter()) {
      return SyncRun.execute(
          plan,
          new PullWork(ends, mapping.owner()),
          leases,
          limits.parallelGroups(),
          report,
          clock);
    }
  }

  @Override
  public String toString() {
    return "pull from " + source + ":" + remoteStore + " into " + local.name();
  }
}
