package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.peer.ChunkWindow;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * From one of our datastores to a peer, which may be a real PBS (spec/engine.md §6): to the peer we
 * are a backup client that owns its groups. It appends only; gaps and later changes are for pulls.
 */
public final class PushSync implements Sync {
  private final Datastore local;
  private final SourceRights rights;
  private final RemoteNode target;
  private final DatastoreName remoteStore;
  private final Mapping mapping;
  private final SyncRules rules;
  private final GroupLeases leases;
  private final TransferLimits limits;
  private final Executor workers;
  private final InstantSource clock;

  /**
   * @param rights what of our datastore is sent
   * @param mapping with our token at the peer as the owner
   * @param leases of the peer's datastore
   * @param workers a bounded pool of platform threads: reads and checks chunks
   */
  public PushSync(
      Datastore local,
      SourceRights rights,
      RemoteNode target,
      DatastoreName remoteStore,
      Mapping mapping,
      SyncRules rules,
      GroupLeases leases,
      TransferLimits limits,
      Executor workers) {
    this(
        local,
        rights,
        target,
        remoteStore,
        mapping,
        rules,
        leases,
        limits,
        workers,
        InstantSource.system());
  }

  /**
   * @param clock measures how long transfers take
   */
  public PushSync(
      Datastore local,
      SourceRights rights,
      RemoteNode target,
      DatastoreName remoteStore,
      Mapping mapping,
      SyncRules rules,
      GroupLeases leases,
      TransferLimits limits,
      Executor workers,
      InstantSource clock) {
    if (!mapping.appendOnly()) {
      throw new IllegalArgumentException("a push can only append");
    }
    this.local = local;
    this.rights = rights;
    this.target = target;
    this.remoteStore = remoteStore;
    this.mapping = mapping;
    this.rules = rules;
    this.leases = leases;
    this.limits = limits;
    this.workers = workers;
    this.clock = clock;
  }

  @Override
  public SyncPlan plan(SyncScope scope) {
    return scope.namespace() == null || scope.group() == null
        ? planAll()
        : planOne(scope.namespace(), scope.group());
  }

  private SyncPlan planAll() {
    RemoteListing remote = new RemoteListing(target, remoteStore);
    return Views.plan(
        () ->
            new LocalListing(local, rights)
                .source(mapping.from(), rules.maxDepth(), rules.removeVanished()),
        () -> remote.target(mapping.into(), rules.maxDepth()),
        mapping,
        rules);
  }

  private SyncPlan planOne(Namespace namespace, GroupId group) {
    RemoteListing remote = new RemoteListing(target, remoteStore);
    return Views.planOne(
        namespace,
        () -> new LocalListing(local, rights).source(mapping.from(), namespace, group),
        there -> remote.target(there, group),
        mapping,
        rules);
  }

  /**
   * @throws BackupException CANCELLED when the report or an interrupt says so
   */
  @Override
  public SyncResult run(SyncPlan plan, SyncReport report) {
    report.log("push datastore '" + local.name() + "' to '" + target + "/" + remoteStore + "'");
    PushEnds ends =
        new PushEnds(
            local,
            target,
            remoteStore,
            ChunkWindow.ofBytes(limits.bytesInFlight()),
            limits.chunksInFlight(),
            workers,
            clock);
    return SyncRun.execute(
        plan, new PushWork(ends, mapping), leases, limits.parallelGroups(), report, clock);
  }

  @Override
  public String toString() {
    return "push from " + local.name() + " to " + target + ":" + remoteStore;
  }
}
