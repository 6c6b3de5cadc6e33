package dev.holdfast.node.api.rest;

import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.task.TaskRegistry;
import java.util.List;

/**
 * All calls under {@code /api2}, in one place. What a peer may ask for and is not built says so.
 */
public final class RestApi {
  /** Method, path, what it would be. */
  private record NotBuilt(String method, String path, String what) {}

  private static final String STORE = "/admin/datastore/{store}";
  private static final List<NotBuilt> NOT_BUILT =
      List.of(
          new NotBuilt("GET", STORE + "/gc", "garbage collection"),
          new NotBuilt("POST", STORE + "/gc", "garbage collection"),
          new NotBuilt("POST", STORE + "/verify", "verification"),
          new NotBuilt("GET", STORE + "/catalog", "catalog listing"),
          new NotBuilt("GET", STORE + "/download-decoded", "decoded download"),
          new NotBuilt("GET", STORE + "/pxar-file-download", "single file download"));

  private RestApi() {}

  public static ApiRouter router(AccessState access, DatastoreRegistry stores, TaskRegistry tasks) {
    ApiRouter router = new ApiRouter();
    GroupAccess groups = new GroupAccess(access.control());
    RootEndpoints.register(router);
    new TicketEndpoints(access).register(router);
    new UserEndpoints(access).register(router);
    new AclEndpoints(access).register(router);
    new TaskEndpoints(access.control(), tasks).register(router);
    new DatastoreEndpoints(access.control(), stores, tasks).register(router);
    new NamespaceEndpoints(groups, stores).register(router);
    new SnapshotEndpoints(groups, stores).register(router);
    new SnapshotDataEndpoints(access.control(), groups, stores).register(router);
    new PruneEndpoints(access.control(), groups, stores, tasks).register(router);
    for (NotBuilt call : NOT_BUILT) {
      router.add(call.method(), call.path(), Endpoint.notBuilt(call.what()));
    }
    return router;
  }
}
