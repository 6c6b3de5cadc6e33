package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.DeleteStats;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import java.time.Duration;

/** Namespaces (spec/protocols.md §7.4, spec/rest-api.md §6.5). */
final class NamespaceEndpoints {

  private static final Shape ENTRY =
      Shape.object(
          Field.text("ns").meaning("empty for the root"),
          Field.integer("hold")
              .orNone()
              .meaning("seconds for which its snapshots cannot be removed, by mesh.yaml"));

  private static final String NAMESPACE = "/admin/datastore/{store}/namespace";

  private final GroupAccess access;
  private final DatastoreRegistry stores;

  NamespaceEndpoints(GroupAccess access, DatastoreRegistry stores) {
    this.access = access;
    this.stores = stores;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        NAMESPACE,
        new Endpoint(
            Doc.list(
                "Lists a namespace and those below it.",
                ENTRY,
                "the namespaces that the caller may see"),
            ParamSchema.of(
                Param.STORE,
                Param.namespace("parent"),
                Param.integer("max-depth", 0, Namespace.DEPTH_MAX).orNone()),
            Rule.inside("one of Datastore.Audit, Backup, Modify, Read on one of the namespaces"),
            this::list));
    router.add(
        "POST",
        NAMESPACE,
        new Endpoint(
            Doc.text("Makes a namespace, if it is not there.", "its whole name"),
            ParamSchema.of(Param.STORE, Param.safeId("name", 1, 32), Param.namespace("parent")),
            Rule.inside("Datastore.Modify on the parent, /datastore/{store}/{parent}"),
            this::create));
    router.add(
        "DELETE",
        NAMESPACE,
        new Endpoint(
            Doc.of(
                "Removes a namespace and those below it.",
                SnapshotEndpoints.REMOVED,
                "how much was removed and kept"),
            ParamSchema.of(
                Param.STORE,
                Param.NS,
                Param.bool("delete-groups"),
                SnapshotEndpoints.ERROR_ON_PROTECTED),
            Rule.inside("Datastore.Modify on the parent of /datastore/{store}/{ns}"),
            this::delete));
  }

  private ApiResult list(ApiCall call) {
    DatastoreName name = call.params().store();
    Namespace parent = call.params().namespace("parent");
    int depth = (int) call.params().integer("max-depth", Namespace.DEPTH_MAX);
    Datastore store = stores.reading(name, call.leases());
    ArrayNode list = Json.array();
    for (Namespace namespace : store.namespaces(parent, depth)) {
      if (access.sees(call.who(), name, namespace)) {
        ObjectNode json = list.addObject().put("ns", namespace.toString());
        Duration hold = store.holds().of(namespace);
        if (hold.isPositive()) {
          json.put("hold", hold.toSeconds());
        }
      }
    }
    if (list.isEmpty()) {
      // Whether the parent exists stays hidden too.
      throw new BackupException(Kind.PERMISSION, "permission check failed");
    }
    return ApiResult.of(list);
  }

  private ApiResult create(ApiCall call) {
    DatastoreName name = call.params().store();
    Namespace parent = call.params().namespace("parent");
    access.requireModify(call.who(), name, parent);
    if (parent.depth() >= Namespace.DEPTH_MAX) {
      throw BackupException.invalid(
          "namespace too deep, " + parent.depth() + " >= max " + Namespace.DEPTH_MAX);
    }
    Namespace namespace = parent.child(call.params().text("name"));
    stores.writing(name, call.leases()).createNamespace(namespace);
    return ApiResult.of(namespace.toString());
  }

  private ApiResult delete(ApiCall call) {
    DatastoreName name = call.params().store();
    Namespace namespace = call.params().namespace();
    Namespace parent = namespace.parent();
    access.requireModify(call.who(), name, parent == null ? Namespace.ROOT : parent);
    DeleteStats stats =
        stores
            .writing(name, call.leases())
            .deleteNamespace(namespace, call.params().bool("delete-groups", false));
    stores.removed().clear(name, namespace);
    return SnapshotEndpoints.removed(call, stats);
  }
}
