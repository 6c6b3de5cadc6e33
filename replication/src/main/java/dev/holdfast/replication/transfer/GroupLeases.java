package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.mesh.LeaseKey;
import dev.holdfast.replication.mesh.MeshCoordinator;
import dev.holdfast.replication.mesh.Scheduler;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The leases of one target datastore: one transfer into a group at a time, whoever in the mesh
 * starts it. They save work and decide nothing; locks and checks at the target keep it whole.
 */
public final class GroupLeases {
  /** The mesh advises a third, so that one renewal may fail. */
  private static final int RENEWALS_PER_TTL = 3;

  private final MeshCoordinator mesh;
  private final String targetSite;
  private final DatastoreName targetStore;
  private final Duration ttl;
  private final Scheduler scheduler;

  /**
   * @param targetSite the site that the group is copied to: this one for pulls
   * @param ttl after which others may take over from a dead node; at least one second
   */
  public GroupLeases(
      MeshCoordinator mesh, String targetSite, DatastoreName targetStore, Duration ttl) {
    this(mesh, targetSite, targetStore, ttl, GroupLeases::afterSystemTime);
  }

  /**
   * @param scheduler tells when to renew
   */
  public GroupLeases(
      MeshCoordinator mesh,
      String targetSite,
      DatastoreName targetStore,
      Duration ttl,
      Scheduler scheduler) {
    this.mesh = mesh;
    this.targetSite = targetSite;
    this.targetStore = targetStore;
    this.ttl = ttl;
    this.scheduler = scheduler;
  }

  private static void afterSystemTime(Duration delay, Runnable task) {
    CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS).execute(task);
  }

  /**
   * Takes the lease of a group and renews it until it is closed. Empty when somebody has it. Waits
   * for the mesh, up to {@link MeshCoordinator#CALL_TIME_MAX}.
   *
   * @param target the group's namespace at the target
   */
  public Optional<LeaseKeeper> tryTake(Namespace target, GroupId group) {
    return mesh.tryLease(new LeaseKey(targetSite, targetStore, target, group), ttl)
        .map(lease -> new LeaseKeeper(lease, ttl.dividedBy(RENEWALS_PER_TTL), scheduler));
  }
}
