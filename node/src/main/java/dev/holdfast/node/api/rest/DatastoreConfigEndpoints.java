package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.datastore.DatastoreDestruction;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
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
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.maintenance.PruneJobConfig;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * The configuration of datastores (spec/rest-api.md §6.10). Those that {@code mesh.yaml} declares
 * are listed, and changed there, but for their maintenance mode.
 */
final class DatastoreConfigEndpoints {
  private static final String CONFIGS = "/config/datastore";
  private static final String CONFIG = CONFIGS + "/{name}";
  private static final String DELETE_TASK = "delete-datastore";
  private static final Param NAME =
      Param.safeId("name", DatastoreName.LENGTH_MIN, DatastoreName.LENGTH_MAX);

  private static final List<String> KEEP =
      List.of("last", "hourly", "daily", "weekly", "monthly", "yearly");
  private static final String ANY_LINE = "\\P{Cntrl}*";

  /** Properties that are text, and may be changed later. */
  private static final List<Param> TEXTS =
      List.of(
          Param.COMMENT,
          Param.schedule("gc-schedule", 0, 256).orNone(),
          Param.userId("notify-user").orNone(),
          DatastoreConfig.notifyParam().orNone(),
          Param.choice("notification-mode", "legacy-sendmail", "notification-system").orNone(),
          DatastoreConfig.tuningParam().orNone());

  private static final Param PRUNE_SCHEDULE = Param.schedule("prune-schedule", 0, 256).orNone();
  private static final Param MAINTENANCE = DatastoreConfig.maintenanceParam().orNone();
  private static final String[] DELETABLE = {
    "comment",
    "gc-schedule",
    "verify-new",
    "notify-user",
    "notify",
    "notification-mode",
    "tuning",
    "maintenance-mode"
  };

  /** Also what this node does not do and a file of a real server has. */
  private static final Shape.Fields SHOWN =
      Shape.object(Field.text("name"), Field.text("path"))
          .and(
              Stream.concat(TEXTS.stream(), Stream.of(PRUNE_SCHEDULE, MAINTENANCE))
                  .map(Field::of)
                  .toArray(Field[]::new))
          .and(
              KEEP.stream()
                  .map(period -> Field.integer("keep-" + period).orNone())
                  .toArray(Field[]::new))
          .and(
              Field.flag("verify-new").orNone(),
              Field.flag("gc-on-unmount").orNone(),
              Field.text("backing-device").orNone(),
              Field.text("backend").orNone(),
              Field.text("notification-thresholds").orNone(),
              Field.text("counter-reset-schedule").orNone());

  private final AccessControl access;
  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;
  private final JobsOfStores jobs;

  DatastoreConfigEndpoints(
      AccessControl access, DatastoreRegistry stores, TaskRegistry tasks, JobsOfStores jobs) {
    this.access = access;
    this.visibility = new StoreVisibility(access);
    this.stores = stores;
    this.tasks = tasks;
    this.jobs = jobs;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        CONFIGS,
        new Endpoint(
            Doc.list(
                    "Lists the configurations of datastores.",
                    SHOWN,
                    "those that the caller may audit")
                .withDigest(),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::configs));
    router.add(
        "GET",
        CONFIG,
        new Endpoint(
            Doc.of("Shows the configuration of a datastore.", SHOWN, "its properties").withDigest(),
            ParamSchema.of(NAME),
            Rule.any("/datastore/{name}", Privilege.DATASTORE_AUDIT),
            this::config));
    router.add(
        "POST",
        CONFIGS,
        new Endpoint(
            Doc.task("Makes a datastore in a directory."),
            creation(),
            Rule.any("/datastore", Privilege.DATASTORE_ALLOCATE),
            this::create));
    router.add(
        "PUT",
        CONFIG,
        new Endpoint(
            Doc.nothing("Changes the configuration of a datastore."),
            change(),
            Rule.any("/datastore/{name}", Privilege.DATASTORE_MODIFY),
            this::change));
    router.add(
        "DELETE",
        CONFIG,
        new Endpoint(
                Doc.task(
                    "Forgets a datastore; its directory stays, unless its data are to be"
                        + " destroyed."),
                ParamSchema.of(
                    NAME, Param.bool("keep-job-configs"), Param.bool("destroy-data"), Param.DIGEST),
                Rule.any("/datastore/{name}", Privilege.DATASTORE_ALLOCATE),
                this::remove)
            .absentIs404());
  }

  private static ParamSchema creation() {
    return schema(
        Stream.of(NAME, Param.text("path", 1, 4096, ANY_LINE), Param.bool("reuse-datastore")));
  }

  private static ParamSchema change() {
    return schema(
        Stream.of(
            NAME, MAINTENANCE, Param.choice("delete", DELETABLE).orNone().list(), Param.DIGEST));
  }

  private static ParamSchema schema(Stream<Param> own) {
    Stream<Param> common =
        Stream.concat(TEXTS.stream(), Stream.of(Param.bool("verify-new"), PRUNE_SCHEDULE));
    Stream<Param> keep =
        KEEP.stream().map(period -> Param.integer("keep-" + period, 1, Long.MAX_VALUE).orNone());
    return ParamSchema.of(Stream.of(own, common, keep).flatMap(part -> part).toArray(Param[]::new));
  }

  // ---- reading ----

  private ApiResult configs(ApiCall call) {
    ArrayNode list = Json.array();
    for (DatastoreConfig config : stores.configs()) {
      if (visibility.audits(call.who(), config.name())) {
        list.add(json(config));
      }
    }
    return ApiResult.of(list).with("digest", stores.fileDigest());
  }

  private ApiResult config(ApiCall call) {
    DatastoreName name = new DatastoreName(call.params().text("name"));
    DatastoreConfig config = stores.requireConfig(name);
    return ApiResult.of(json(config)).with("digest", stores.configDigest(name));
  }

  private static ObjectNode json(DatastoreConfig config) {
    return Json.putValues(
        Json.object().put("name", config.name().text()), SHOWN, config.properties());
  }

  /**
   * Makes the store before it answers, so that a path that cannot be used is an answer and not only
   * a line in a task log. The task is there for the record.
   */
  private ApiResult create(ApiCall call) throws Exception {
    Params params = call.params();
    NavigableMap<String, String> properties = changed(new TreeMap<>(), params);
    params.optionalText("path").ifPresent(path -> properties.put("path", path.strip()));
    DatastoreConfig config =
        new DatastoreConfig(new DatastoreName(params.text("name")), properties);
    stores.requireNew(config); // refused before there is a task
    Optional<PruneJobConfig> prune = jobs.pruneJob(config.name(), pruneOptions(params));
    AtomicReference<Upid> upid = new AtomicReference<>();
    tasks.run(
        "create-datastore",
        config.name().text(),
        call.who(),
        task -> {
          upid.set(task.upid());
          if (params.bool("reuse-datastore", false)) {
            task.log("use datastore '" + config.name() + "' that is in '" + config.path() + "'");
            stores.adopt(config);
          } else {
            task.log("create datastore '" + config.name() + "' in '" + config.path() + "'");
            stores.create(config);
          }
          task.log("datastore is open, sync-level " + config.syncLevel());
          prune.ifPresent(
              job -> {
                jobs.add(job);
                task.log("made prune job '" + job.id() + "'");
              });
        });
    return ApiResult.of(String.valueOf(upid.get()));
  }

  /** What there is no place for in the store's own configuration any more. */
  private static SortedMap<String, String> pruneOptions(Params params) {
    SortedMap<String, String> options = new TreeMap<>();
    params
        .optionalText(PRUNE_SCHEDULE.name())
        .filter(text -> !text.isBlank())
        .ifPresent(text -> options.put(PRUNE_SCHEDULE.name(), text.strip()));
    for (String keep : KEEP) {
      params
          .optionalInteger("keep-" + keep)
          .ifPresent(count -> options.put("keep-" + keep, Long.toString(count)));
    }
    return options;
  }

  // ---- changes ----

  private ApiResult change(ApiCall call) {
    Params params = call.params();
    if (params.has(PRUNE_SCHEDULE.name())
        || KEEP.stream().anyMatch(period -> params.has("keep-" + period))) {
      throw BackupException.invalid("datastore prune settings have been replaced by prune jobs");
    }
    stores.change(
        params.digest(),
        new DatastoreName(params.text(NAME.name())),
        old -> new DatastoreConfig(old.name(), changed(old.properties(), params)));
    return ApiResult.none();
  }

  /** An empty text takes the property away. */
  private static NavigableMap<String, String> changed(
      SortedMap<String, String> old, Params params) {
    NavigableMap<String, String> properties = new TreeMap<>(old);
    params.texts("delete").forEach(properties::remove);
    Stream.concat(TEXTS.stream(), Stream.of(MAINTENANCE))
        .map(Param::name)
        .filter(params::has)
        .forEach(
            key -> {
              String text = params.text(key).strip();
              if (text.isEmpty()) {
                properties.remove(key);
              } else {
                properties.put(key, text);
              }
            });
    if (params.has("verify-new")) {
      properties.put("verify-new", Boolean.toString(params.bool("verify-new", false)));
    }
    return properties;
  }

  // ---- removal ----

  private ApiResult remove(ApiCall call) throws Exception {
    DatastoreName name = new DatastoreName(call.params().text(NAME.name()));
    return call.params().bool("destroy-data", false) ? destroy(call, name) : forget(call, name);
  }

  private ApiResult forget(ApiCall call, DatastoreName name) throws Exception {
    AtomicReference<Upid> upid = new AtomicReference<>();
    tasks.run(
        DELETE_TASK,
        name.text(),
        call.who(),
        task -> {
          upid.set(task.upid());
          stores.forget(call.params().digest(), name);
          removeWhatBelongsToIt(call, name);
          task.log("forgot datastore '" + name + "'; its directory stays as it is");
        });
    return ApiResult.of(String.valueOf(upid.get()));
  }

  /** That it cannot be is an answer; then it takes long, so the task is. */
  private ApiResult destroy(ApiCall call, DatastoreName name) {
    stores.beginDestruction(call.params().digest(), name);
    Upid upid =
        tasks.spawn(
            DELETE_TASK,
            name.text(),
            call.who(),
            task -> {
              boolean directoryGone =
                  stores.destroy(
                      name, new DestructionLog(task), () -> removeWhatBelongsToIt(call, name));
              task.log(
                  "destroyed datastore '"
                      + name
                      + (directoryGone
                          ? "'"
                          : "'; its directory has something else in it, and stays"));
            });
    return ApiResult.of(upid.toString());
  }

  private void removeWhatBelongsToIt(ApiCall call, DatastoreName name) {
    if (!call.params().bool("keep-job-configs", false)) {
      String path = GroupAccess.path(name, Namespace.ROOT);
      var unused = access.acl().update(acl -> acl.withoutBelow(path));
      jobs.removeOf(name, call.who());
    }
  }

  /** Tells how far it is, and stops when asked to. */
  private record DestructionLog(WorkerTask task) implements DatastoreDestruction.Watcher {
    private static final int DIRECTORIES_PER_LINE = ChunkStore.PREFIX_COUNT / 16;

    @Override
    public void chunkDirectory(int number) {
      task.checkAborted();
      if (number > 0 && number % DIRECTORIES_PER_LINE == 0) {
        task.log("removed " + 100 * number / ChunkStore.PREFIX_COUNT + "% of the chunks");
      }
    }

    @Override
    public void removed(String name) {
      task.checkAborted();
      task.log("removed '" + name + "'");
    }
  }
}
