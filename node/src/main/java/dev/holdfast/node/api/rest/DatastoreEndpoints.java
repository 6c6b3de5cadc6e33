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
import dev.holdfast.node.access.SectionValues;
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
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.rest.StoreVisibility.View;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/** Datastores: list, state, configuration (spec/rest-api.md §6.2, §6.10). */
final class DatastoreEndpoints {
  /** Properties that are not text. */
  private static final List<String> KEEP =
      List.of("last", "hourly", "daily", "weekly", "monthly", "yearly");

  private static final String ANY_LINE = "\\P{Cntrl}*";

  private final AccessControl access;
  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;

  DatastoreEndpoints(AccessControl access, DatastoreRegistry stores, TaskRegistry tasks) {
    this.access = access;
    this.visibility = new StoreVisibility(access);
    this.stores = stores;
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/admin/datastore",
        new Endpoint(
            Doc.list("Lists datastores.", "the datastores of which the caller may see something"),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::list));
    router.add(
        "GET",
        "/admin/datastore/{store}/status",
        new Endpoint(
            Doc.object("Shows how full a datastore is.", "bytes in all, used and available"),
            ParamSchema.of(Param.STORE, Param.bool("verbose")),
            Rule.inside(
                "Datastore.Audit or Datastore.Backup on /datastore/{store}; zeros for who may only"
                    + " see something below"),
            this::status));
    router.add(
        "GET",
        "/config/datastore",
        new Endpoint(
            Doc.list("Lists the configurations of datastores.", "those that the caller may audit"),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::configs));
    Param name = Param.safeId("name", DatastoreName.LENGTH_MIN, DatastoreName.LENGTH_MAX);
    router.add(
        "GET",
        "/config/datastore/{name}",
        new Endpoint(
            Doc.object("Shows the configuration of a datastore.", "its properties"),
            ParamSchema.of(name),
            Rule.any("/datastore/{name}", Privilege.DATASTORE_AUDIT),
            this::config));
    router.add(
        "POST",
        "/config/datastore",
        new Endpoint(
            Doc.task("Makes a datastore in a directory."),
            creation(name),
            Rule.any("/datastore", Privilege.DATASTORE_ALLOCATE),
            this::create));
  }

  private static ParamSchema creation(Param name) {
    return ParamSchema.of(
        name,
        Param.text("path", 1, 4096, ANY_LINE),
        Param.COMMENT,
        Param.text("gc-schedule", 0, 256, ANY_LINE).orNone(),
        Param.text("prune-schedule", 0, 256, ANY_LINE).orNone(),
        Param.integer("keep-last", 1, Long.MAX_VALUE).orNone(),
        Param.integer("keep-hourly", 1, Long.MAX_VALUE).orNone(),
        Param.integer("keep-daily", 1, Long.MAX_VALUE).orNone(),
        Param.integer("keep-weekly", 1, Long.MAX_VALUE).orNone(),
        Param.integer("keep-monthly", 1, Long.MAX_VALUE).orNone(),
        Param.integer("keep-yearly", 1, Long.MAX_VALUE).orNone(),
        Param.bool("verify-new"),
        Param.userId("notify-user").orNone(),
        Param.text("notify", 0, 256, ANY_LINE).orNone(),
        Param.choice("notification-mode", "legacy-sendmail", "notification-system").orNone(),
        Param.text("tuning", 0, 1024, ANY_LINE).orNone());
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
        DatastoreConfig.Maintenance maintenance = config.maintenance();
        if (maintenance != null) {
          json.put("maintenance", config.properties().get("maintenance-mode"));
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
    Datastore store = stores.reading(name);
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

  // ---- configuration ----

  private ApiResult configs(ApiCall call) {
    ArrayNode list = Json.array();
    for (DatastoreConfig config : stores.configs()) {
      String path = GroupAccess.path(config.name(), Namespace.ROOT);
      if (access.any(call.who(), path, Set.of(Privilege.DATASTORE_AUDIT))) {
        list.add(json(config));
      }
    }
    return ApiResult.of(list).with("digest", stores.fileDigest());
  }

  private ApiResult config(ApiCall call) {
    DatastoreName name = new DatastoreName(call.params().text("name"));
    DatastoreConfig config = stores.config(name);
    if (config == null) {
      throw DatastoreRegistry.unknown(name);
    }
    return ApiResult.of(json(config)).with("digest", stores.fileDigest());
  }

  private static ObjectNode json(DatastoreConfig config) {
    ObjectNode json = Json.object().put("name", config.name().text());
    config
        .properties()
        .forEach(
            (key, value) -> {
              if (key.startsWith("keep-")) {
                json.put(key, SectionValues.integer(value));
              } else if (key.equals("verify-new") || key.equals("gc-on-unmount")) {
                json.put(key, SectionValues.bool(value));
              } else {
                json.put(key, value);
              }
            });
    return json;
  }

  /**
   * Makes the store before it answers, so that a path that cannot be used is an answer and not only
   * a line in a task log. The task is there for the record.
   */
  private ApiResult create(ApiCall call) throws Exception {
    Params params = call.params();
    SortedMap<String, String> properties = new TreeMap<>();
    for (String key :
        List.of(
            "path",
            "comment",
            "gc-schedule",
            "prune-schedule",
            "notify-user",
            "notify",
            "notification-mode",
            "tuning")) {
      params
          .optionalText(key)
          .filter(text -> !text.isBlank())
          .ifPresent(text -> properties.put(key, text.strip()));
    }
    for (String keep : KEEP) {
      params
          .optionalInteger("keep-" + keep)
          .ifPresent(count -> properties.put("keep-" + keep, Long.toString(count)));
    }
    if (params.has("verify-new")) {
      properties.put("verify-new", Boolean.toString(params.bool("verify-new", false)));
    }
    DatastoreConfig config =
        new DatastoreConfig(new DatastoreName(params.text("name")), properties);
    if (!Path.of(config.properties().getOrDefault("path", "")).isAbsolute()) {
      throw BackupException.invalid("datastore path '" + config.path() + "' is not absolute");
    }
    var level = config.syncLevel(); // a wrong tuning text is refused before anything is made
    stores.requireNew(config);
    AtomicReference<Upid> upid = new AtomicReference<>();
    tasks.run(
        "create-datastore",
        config.name().text(),
        call.who(),
        task -> {
          upid.set(task.upid());
          task.log("create datastore '" + config.name() + "' in '" + config.path() + "'");
          stores.create(config);
          task.log("datastore is open, sync-level " + level);
        });
    return ApiResult.of(String.valueOf(upid.get()));
  }
}
