package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreConfig;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.api.rest.StoreVisibility.View;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** Datastores: list and state (spec/rest-api.md §6.2). */
final class DatastoreEndpoints {
  /** Of what a datastore is. */
  static final Shape.Fields KIND =
      Shape.object(
          Field.of("mount-status", Shape.oneOf("nonremovable")),
          Field.of("backend-type", Shape.oneOf("filesystem")));

  /** How full it is. */
  static final Shape.Fields SPACE =
      Shape.object(
          Field.integer("total").meaning("bytes"),
          Field.integer("used").meaning("bytes"),
          Field.integer("avail").meaning("bytes that a user may still write"));

  private static final Shape ENTRY =
      Shape.object(Field.text("store"), Field.of("comment", Value.TEXT.orNull()))
          .and(KIND)
          .and(Field.text("maintenance").orNone().meaning("a property string"));

  private static final Shape COUNT =
      Shape.object(Field.integer("groups"), Field.integer("snapshots"));

  private static final Shape STATUS =
      SPACE.and(
          Field.of("counts", Shape.map(COUNT.orNull()))
              .orNone()
              .meaning("by type; null where there are none"),
          Field.of("gc-status", CollectionEndpoints.STATUS).orNone());

  private final AccessControl access;
  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;

  DatastoreEndpoints(AccessControl access, DatastoreRegistry stores) {
    this.access = access;
    this.visibility = new StoreVisibility(access);
    this.stores = stores;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/admin/datastore",
        new Endpoint(
            Doc.list(
                "Lists datastores.", ENTRY, "the datastores of which the caller may see something"),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::list));
    router.add(
        "GET",
        "/admin/datastore/{store}/status",
        new Endpoint(
            Doc.of("Shows how full a datastore is.", STATUS, "bytes in all, used and available"),
            ParamSchema.of(Param.STORE, Param.bool("verbose")),
            Rule.inside(
                "Datastore.Audit or Datastore.Backup on /datastore/{store}; zeros for who may only"
                    + " see something below"),
            this::status));
  }

  // ---- list and state ----

  private ApiResult list(ApiCall call) {
    ArrayNode list = Json.array();
    for (DatastoreConfig config : stores.configs()) {
      View view = visibility.of(call.who(), config.name());
      if (view != View.NOTHING) {
        ObjectNode json = list.addObject().put("store", config.name().text());
        json.put("comment", view == View.WHOLE ? config.comment() : null);
        putKind(json);
        String maintenance = config.properties().get("maintenance-mode");
        if (maintenance != null) {
          json.put("maintenance", maintenance);
        }
      }
    }
    return ApiResult.of(list);
  }

  private ApiResult status(ApiCall call) {
    DatastoreName name = call.params().store();
    View view = visibility.of(call.who(), name);
    boolean whole = view == View.WHOLE;
    if (view == View.NOTHING) {
      throw new BackupException(Kind.PERMISSION, "permission check failed");
    }
    Datastore store = stores.reading(name, call.leases());
    FileOps.Space space = whole ? store.space() : new FileOps.Space(0, 0, 0);
    ObjectNode json =
        Json.object()
            .put("total", space.totalBytes())
            .put("used", space.usedBytes())
            .put("avail", space.availableBytes());
    if (call.params().bool("verbose", false)) {
      json.set("counts", counts(call.who(), store));
      if (whole) {
        json.set("gc-status", CollectionEndpoints.status(store));
      }
    }
    return ApiResult.of(json);
  }

  /** Over all namespaces that the caller sees; groups without snapshots do not count. */
  private ObjectNode counts(AuthId caller, Datastore store) {
    Map<BackupType, int[]> counts = new EnumMap<>(BackupType.class);
    for (Namespace namespace : store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      Rights rights = access.rights(caller, GroupAccess.path(store.name(), namespace));
      if (!rights.any(GroupAccess.NAMESPACE_VISIBLE)) {
        continue;
      }
      boolean all = rights.any(Set.of(Privilege.DATASTORE_AUDIT, Privilege.DATASTORE_READ));
      for (GroupId group : store.groups(namespace)) {
        int snapshots = store.snapshots(namespace, group).size();
        if (snapshots > 0 && (all || caller.mayActFor(store.owner(namespace, group)))) {
          int[] count = counts.computeIfAbsent(group.type(), type -> new int[2]);
          count[0]++;
          count[1] += snapshots;
        }
      }
    }
    ObjectNode json = Json.object();
    for (BackupType type : BackupType.values()) {
      int[] count = counts.get(type);
      if (count == null) {
        json.putNull(type.text());
      } else {
        json.putObject(type.text()).put("groups", count[0]).put("snapshots", count[1]);
      }
    }
    return json.putNull("other");
  }

  /** A directory of this machine, which nobody takes away. */
  static void putKind(ObjectNode json) {
    json.put("mount-status", "nonremovable").put("backend-type", "filesystem");
  }
}
