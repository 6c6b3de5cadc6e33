package dev.holdfast.node.api.rest;

import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.access.realm.OpenIdLogins;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.host.NodeMeasurements;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.job.Peers;
import dev.holdfast.node.job.SyncKeys;
import dev.holdfast.node.maintenance.Maintenance;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.traffic.TrafficControl;
import dev.holdfast.replication.wire.TlsIdentity;

/**
 * All calls under {@code /api2}, in one place. What a peer may ask for and is not built says so.
 */
public final class RestApi {
  private RestApi() {}

  public static ApiRouter router(
      AccessState access,
      DatastoreRegistry stores,
      TaskRegistry tasks,
      TlsIdentity identity,
      Peers peers,
      Jobs jobs,
      SyncJobStore syncs,
      Maintenance maintenance,
      NotificationCalls notifications,
      NodeMeasurements measured,
      StateFile<SectionConfig> metricServers,
      TrafficControl traffic) {
    ApiRouter router = new ApiRouter();
    AccessControl control = access.control();
    GroupAccess groups = new GroupAccess(control);
    StoreVisibility visibility = new StoreVisibility(control);
    RootEndpoints.register(router);
    new TicketEndpoints(access).register(router);
    new RealmEndpoints(access, tasks).register(router);
    RealmConfigEndpoints.register(router, access);
    new OpenIdEndpoints(access, new OpenIdLogins(tasks.clock())).register(router);
    new UserEndpoints(access).register(router);
    new TfaEndpoints(access).register(router);
    new WebauthnSettingsEndpoints(access.factors().file()).register(router);
    new AclEndpoints(access).register(router);
    new TaskEndpoints(control, tasks).register(router);
    new NodeEndpoints(access.directory(), identity.fingerprint(), tasks.clock()).register(router);
    new NodeConfigEndpoints(access.directory()).register(router);
    new CertificateEndpoints(identity).register(router);
    new DatastoreEndpoints(control, stores).register(router);
    SyncAccess syncAccess = new SyncAccess(control);
    JobsOfStores jobsOfStores =
        new JobsOfStores(syncAccess, syncs, maintenance.prunes(), maintenance.verifies());
    new DatastoreConfigEndpoints(control, stores, tasks, jobsOfStores).register(router);
    new UsageEndpoints(visibility, stores, measured).register(router);
    new MeasurementEndpoints(control, stores, measured).register(router);
    new CollectionEndpoints(visibility, stores, jobs, maintenance.collections()).register(router);
    new VerifyEndpoints(groups, stores, maintenance.verifying(), tasks).register(router);
    new ActivityEndpoints(stores).register(router);
    new NamespaceEndpoints(groups, stores).register(router);
    new SnapshotEndpoints(groups, stores).register(router);
    new SnapshotDataEndpoints(control, groups, stores).register(router);
    new ContentEndpoints(groups, stores).register(router);
    new PruneEndpoints(control, groups, stores, tasks, maintenance.pruning()).register(router);
    new MoveEndpoints(groups, stores, maintenance.moving()).register(router);
    new RemoteEndpoints(control, peers, syncs).register(router);
    new RemoteScanEndpoints(peers).register(router);
    new SyncJobEndpoints(syncAccess, syncs, jobs, stores).register(router);
    new SyncKeyEndpoints(SyncKeys.open(access.directory(), tasks.clock()), syncs).register(router);
    new ReportEndpoints(access.directory(), stores, tasks.clock()).register(router);
    new PruneSimulationEndpoints(tasks.clock()).register(router);
    new NamespaceUsageEndpoints(maintenance.usage()).register(router);
    new StoreJobEndpoints<>(StoreJobKinds.PRUNE, maintenance.prunes().configs(), jobs, control)
        .register(router);
    new TrafficEndpoints(traffic).register(router);
    new MetricServerEndpoints(metricServers).register(router);
    new StoreJobEndpoints<>(StoreJobKinds.VERIFY, maintenance.verifies().configs(), jobs, control)
        .register(router);
    notifications.register(router, stores, jobs, tasks.clock());
    Unavailable.register(router);
    return router;
  }
}
