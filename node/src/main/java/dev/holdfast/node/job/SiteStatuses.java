package dev.holdfast.node.job;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.replication.mesh.MeshCoordinator;
import dev.holdfast.replication.mesh.MeshEvent;
import dev.holdfast.replication.mesh.SiteStatus;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the mesh what this site holds: every group once at the start, then whatever changes. */
public final class SiteStatuses {
  private static final Logger LOG = LoggerFactory.getLogger(SiteStatuses.class);

  private final MeshCoordinator mesh;
  private final InstantSource clock;

  /** By the status's key. */
  private final Map<String, Long> newestTimes = new ConcurrentHashMap<>();

  public SiteStatuses(MeshCoordinator mesh, InstantSource clock) {
    this.mesh = mesh;
    this.clock = clock;
  }

  /** The newest snapshot of each group; reads the names in every store, so it takes a while. */
  public void announceAll(DatastoreRegistry stores) {
    for (DatastoreName name : stores.stores().keySet()) {
      try (Leases leases = new Leases()) {
        announce(stores.reading(name, leases));
      } catch (BackupException e) {
        LOG.warn("datastore {}: what it holds is not announced: {}", name, e.text());
      }
    }
  }

  private void announce(Datastore store) {
    for (Namespace namespace : store.namespaces(Namespace.ROOT, SyncRules.FULL_DEPTH)) {
      for (GroupId group : store.groups(namespace)) {
        store
            .lastFinished(namespace, group)
            // When it became restorable is not remembered; its own time is the best there is.
            .ifPresent(s -> put(store.name(), namespace, s, s.time() * 1000, 0, 0));
      }
    }
  }

  /** A client finished a snapshot here. Never waits. */
  public void backedUp(DatastoreName store, Namespace namespace, SnapshotId snapshot) {
    tell(store, namespace, snapshot, 0, 0);
  }

  /** A pull brought a snapshot here, and those who pull from here hear of it. Never waits. */
  void pulled(
      DatastoreName store,
      Namespace namespace,
      SnapshotId snapshot,
      long transferMillis,
      long bytes) {
    tell(store, namespace, snapshot, transferMillis, bytes);
  }

  private void tell(
      DatastoreName store,
      Namespace namespace,
      SnapshotId snapshot,
      long transferMillis,
      long bytes) {
    long now = clock.millis();
    put(store, namespace, snapshot, now, transferMillis, bytes);
    mesh.publish(new MeshEvent.SnapshotFinished(mesh.site(), store, namespace, snapshot, now));
  }

  private void put(
      DatastoreName store,
      Namespace namespace,
      SnapshotId snapshot,
      long atMillis,
      long transferMillis,
      long bytes) {
    SiteStatus status =
        new SiteStatus(
            mesh.site(),
            store,
            namespace,
            snapshot.group(),
            snapshot.time(),
            atMillis,
            transferMillis,
            bytes);
    // One that fills a gap is not the newest.
    if (newestTimes.merge(status.key(), snapshot.time(), Math::max) == snapshot.time()) {
      mesh.putStatus(status);
    }
  }
}
