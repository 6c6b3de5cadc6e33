package dev.holdfast.node.job;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.meshconfig.Limits;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.replication.mesh.MeshCoordinator;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.transfer.ChunkFetches;
import dev.holdfast.replication.transfer.GroupLeases;
import dev.holdfast.replication.transfer.PullSource;
import dev.holdfast.replication.transfer.PullSync;
import dev.holdfast.replication.transfer.PushSync;
import dev.holdfast.replication.transfer.Sync;
import dev.holdfast.replication.transfer.TransferLimits;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Makes what carries out a configured sync, out of the present state of store and peer. */
public final class SyncFactory {
  /** After a node dies, another may take its transfer over so soon; renewed at a third. */
  private static final Duration LEASE_TTL = Duration.ofSeconds(60);

  private final Peers peers;
  private final DatastoreRegistry stores;
  private final AccessControl access;
  private final MeshCoordinator mesh;
  private final Function<String, String> siteOfPeer;
  private final TransferLimits limits;
  private final Executor workers;
  private final InstantSource clock;

  /** One per local datastore, so that two pulls never fetch a chunk twice. */
  private final Map<DatastoreName, ChunkFetches> fetches = new ConcurrentHashMap<>();

  /**
   * @param siteOfPeer what a peer calls itself; leases are named after target sites
   * @param workers the node's bounded pool
   */
  public SyncFactory(
      Peers peers,
      DatastoreRegistry stores,
      AccessControl access,
      MeshCoordinator mesh,
      Function<String, String> siteOfPeer,
      Limits limits,
      Executor workers,
      InstantSource clock) {
    this.peers = peers;
    this.stores = stores;
    this.access = access;
    this.mesh = mesh;
    this.siteOfPeer = siteOfPeer;
    this.limits = TransferLimits.DEFAULT.withParallelGroups(limits.parallelGroups());
    this.workers = workers;
    this.clock = clock;
  }

  /**
   * Blocks on the peer's secret file; throws when that or a datastore cannot be used.
   *
   * @param until when the sync is not used any more
   */
  Sync make(SyncConfig config, Leases until) {
    return switch (config) {
      case SyncConfig.Pull pull -> pull(pull, until);
      case SyncConfig.Push push -> push(push, until);
    };
  }

  private Sync pull(SyncConfig.Pull pull, Leases until) {
    PullSource source = source(pull, until);
    Datastore into = stores.writing(pull.into().store(), until);
    return new PullSync(
        source,
        into,
        new OwnerRights(access, pull.owner(), into.name()),
        Mapping.of(pull),
        pull.rules(),
        new GroupLeases(mesh, mesh.site(), into.name(), LEASE_TTL),
        fetches.computeIfAbsent(into.name(), name -> new ChunkFetches()),
        limits,
        workers,
        (namespace, group) -> stores.removed().times(into.name(), namespace, group),
        clock);
  }

  private PullSource source(SyncConfig.Pull pull, Leases until) {
    DatastoreName store = pull.from().store();
    return switch (pull.from()) {
      case SyncConfig.Remote remote -> PullSource.of(peers.remote(remote.peer()), store);
      case SyncConfig.Local here ->
          PullSource.of(
              stores.reading(store, until), new OwnerRights(access, pull.owner(), store), workers);
    };
  }

  private Sync push(SyncConfig.Push push, Leases until) {
    String peer = push.to().peer();
    DatastoreName store = push.from().store();
    return new PushSync(
        stores.reading(store, until),
        new OwnerRights(access, push.owner(), store),
        peers.remote(peer),
        push.to().store(),
        Mapping.of(push, peers.config(peer).token()),
        push.rules(),
        new GroupLeases(mesh, siteOfPeer.apply(peer), push.to().store(), LEASE_TTL),
        limits,
        workers);
  }
}
