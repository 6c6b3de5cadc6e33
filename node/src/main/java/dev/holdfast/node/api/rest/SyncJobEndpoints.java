package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.GroupFilter;
import dev.holdfast.meshconfig.SyncConfig;
import dev.holdfast.meshconfig.SyncOption;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.job.SyncJobConfig;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Sync jobs: what is configured, how the last run went, starting one; and runs without a job
 * (spec/rest-api.md §6.6, §6.10, §6.11).
 */
public final class SyncJobEndpoints {
  private static final String CONFIG = "/config/sync";
  private static final String JOB = CONFIG + "/{id}";
  private static final String PARTLY = "what it asks for is not built, and what that is";
  private static final Param ID = Param.safeId("id", 3, 128);
  private static final Param DIRECTION =
      Param.choice("sync-direction", "all", "push", "pull").orNone();
  private static final Rule SEE =
      Rule.inside("Datastore.Audit on our side and Remote.Audit on the other");
  private static final Rule CHANGE =
      Rule.inside(
          "to pull: Datastore.Audit and Datastore.Backup here, Remote.Read there; to push:"
              + " Datastore.Read here, Remote.DatastoreBackup there; to remove more: the Prune"
              + " privileges");

  private static final Param REMOTE = Param.safeId("remote", 3, 32);
  private static final Param REMOTE_STORE = Param.safeId("remote-store", 3, 32);
  private static final List<Param> RULES =
      List.of(
          Param.NS,
          Param.namespace("remote-ns"),
          Param.bool("remove-vanished"),
          Param.integer("max-depth", 0, Namespace.DEPTH_MAX).orNone(),
          Param.integer("transfer-last", 1, Integer.MAX_VALUE).orNone(),
          Param.grammar("group-filter", 1, 512, GroupFilter.GRAMMAR, GroupFilter::parse)
              .orNone()
              .list(),
          Param.bool(SyncOption.VERIFIED_ONLY.key()),
          Param.bool(SyncOption.ENCRYPTED_ONLY.key()));

  private static final Param RESYNC_CORRUPT = Param.bool(SyncOption.RESYNC_CORRUPT.key());
  private static final List<Param> OF_JOBS =
      List.of(
          Param.authId("owner").orNone(),
          Param.COMMENT,
          Param.schedule("schedule", 1, 128).orNone(),
          Param.choice("sync-direction", "push", "pull").orNone(),
          RESYNC_CORRUPT);
  private static final List<String> FLAGS =
      Stream.concat(
              Stream.of("remove-vanished"), Arrays.stream(SyncOption.values()).map(SyncOption::key))
          .toList();
  private static final String[] DELETABLE = {
    "remote",
    "owner",
    "comment",
    "schedule",
    "remove-vanished",
    "group-filter",
    "ns",
    "remote-ns",
    "max-depth",
    "transfer-last",
    "verified-only",
    "encrypted-only",
    "sync-direction"
  };

  /** Also what this node does not do and a file of a real server has. */
  private static final Shape.Fields JOB_SHAPE = jobShape();

  private static final Shape WITH_RUNS = JOB_SHAPE.and(JobRuns.SHAPE);

  private final SyncAccess access;
  private final SyncJobStore store;
  private final Jobs jobs;
  private final DatastoreRegistry datastores;

  SyncJobEndpoints(SyncAccess access, SyncJobStore store, Jobs jobs, DatastoreRegistry datastores) {
    this.access = access;
    this.store = store;
    this.jobs = jobs;
    this.datastores = datastores;
  }

  void register(ApiRouter router) {
    ParamSchema listed = ParamSchema.of(DIRECTION);
    router.add(
        "GET",
        CONFIG,
        new Endpoint(
            Doc.list(
                    "Lists sync jobs, pulls unless told otherwise.",
                    JOB_SHAPE,
                    "their configurations")
                .withDigest(),
            listed,
            SEE,
            call -> list(call, false)));
    router.add(
        "GET",
        "/admin/sync",
        new Endpoint(
            Doc.list(
                    "Lists sync jobs, pulls unless told otherwise.",
                    WITH_RUNS,
                    "with their last runs")
                .withDigest(),
            ParamSchema.of(Param.STORE.orNone(), DIRECTION),
            SEE,
            call -> list(call, true)));
    router.add(
        "GET",
        JOB,
        new Endpoint(
            Doc.of("Shows a sync job.", JOB_SHAPE, "its configuration").withDigest(),
            ParamSchema.of(ID),
            SEE,
            this::show));
    registerChanges(router);
    router.add(
        "POST",
        "/admin/sync/{id}/run",
        new Endpoint(Doc.task("Runs a sync job."), ParamSchema.of(ID), CHANGE, this::run));
    router.add(
        "POST",
        "/pull",
        new Endpoint(
            Doc.task("Pulls from a remote or from another datastore here, once.")
                .fails(501, PARTLY),
            schema(Param.STORE, REMOTE.orNone(), REMOTE_STORE, RESYNC_CORRUPT),
            CHANGE,
            call -> runOnce(call, false)));
    router.add(
        "POST",
        "/push",
        new Endpoint(
            Doc.task("Pushes to a remote, once.").fails(501, PARTLY),
            schema(Param.STORE, REMOTE, REMOTE_STORE),
            CHANGE,
            call -> runOnce(call, true)));
  }

  private void registerChanges(ApiRouter router) {
    router.add(
        "POST",
        CONFIG,
        new Endpoint(
            Doc.nothing("Makes a sync job.").fails(501, PARTLY),
            jobSchema(ID, Param.STORE, REMOTE.orNone(), REMOTE_STORE),
            CHANGE,
            this::create));
    router.add(
        "PUT",
        JOB,
        new Endpoint(
            Doc.nothing("Changes a sync job.").fails(501, PARTLY),
            jobSchema(
                ID,
                Param.STORE.orNone(),
                REMOTE.orNone(),
                REMOTE_STORE.orNone(),
                Param.choice("delete", DELETABLE).orNone().list(),
                Param.DIGEST),
            CHANGE,
            this::change));
    router.add(
        "DELETE",
        JOB,
        new Endpoint(
                Doc.nothing("Removes a sync job."),
                ParamSchema.of(ID, Param.DIGEST),
                CHANGE,
                this::remove)
            .absentIs404());
  }

  private static Shape.Fields jobShape() {
    Field[] changeable =
        Stream.concat(RULES.stream(), OF_JOBS.stream()).map(Field::of).toArray(Field[]::new);
    return Shape.object(
            Field.text("id"),
            Field.text("store"),
            Field.text("remote").orNone().meaning("absent: this node"),
            Field.text("remote-store"))
        .and(changeable)
        .and(
            Field.flag("run-on-mount").orNone(),
            Field.flag("unmount-on-done").orNone(),
            Field.integer("worker-threads").orNone(),
            Field.text("rate-in").orNone(),
            Field.text("burst-in").orNone(),
            Field.text("rate-out").orNone(),
            Field.text("burst-out").orNone(),
            Field.text("active-encryption-key").orNone(),
            Field.of("associated-key", Value.TEXT.list()).orNone());
  }

  private static ParamSchema schema(Param... own) {
    return ParamSchema.of(Stream.concat(Stream.of(own), RULES.stream()).toArray(Param[]::new));
  }

  private static ParamSchema jobSchema(Param... own) {
    return schema(Stream.concat(Stream.of(own), OF_JOBS.stream()).toArray(Param[]::new));
  }

  // ---- reading ----

  private ApiResult list(ApiCall call, boolean withRuns) {
    String direction = call.params().text(DIRECTION.name(), "pull");
    ArrayNode list = Json.array();
    for (SyncJobConfig job : store.configs().all()) {
      boolean wanted =
          (direction.equals("all") || job.isPush() == direction.equals("push"))
              && (!call.params().has("store") || call.params().store().equals(job.store()));
      if (wanted && access.maySee(call.who(), job)) {
        ObjectNode json = json(job);
        if (withRuns) {
          addRuns(json, job);
        }
        list.add(json);
      }
    }
    return ApiResult.of(list).with("digest", store.configs().digest());
  }

  private ApiResult show(ApiCall call) {
    SyncJobConfig job = require(call.params().text("id"));
    if (!access.maySee(call.who(), job)) {
      throw BackupException.invalid("permission check failed");
    }
    return ApiResult.of(json(job)).with("digest", store.configs().digest());
  }

  private SyncJobConfig require(String id) {
    return store
        .configs()
        .find(id)
        .orElseThrow(() -> BackupException.invalid("no such sync '" + id + "'"));
  }

  private static ObjectNode json(SyncJobConfig job) {
    return Json.putSection(Json.object().put("id", job.id()), JOB_SHAPE, job.properties());
  }

  /** One that asks for what cannot be done here never runs. */
  private void addRuns(ObjectNode json, SyncJobConfig job) {
    jobs.find(new JobId(JobType.SYNC, job.id()))
        .ifPresent(found -> JobRuns.add(json, jobs.status(found)));
  }

  // ---- changes ----

  private ApiResult create(ApiCall call) {
    String id = call.params().text("id");
    SyncJobConfig job = changed(new SyncJobConfig(id, new TreeMap<>()), call.params());
    access.requireChange(call.who(), job);
    var unused = job.toSync();
    store.create(job);
    return ApiResult.none();
  }

  private ApiResult change(ApiCall call) {
    String id = call.params().text("id");
    requireOurs(id);
    store.update(
        call.params().digest(),
        id,
        known -> {
          SyncJobConfig old = known.orElseGet(() -> require(id));
          SyncJobConfig job = changed(old, call.params());
          access.requireChange(call.who(), old);
          access.requireChange(call.who(), job);
          var unused = job.toSync();
          return Optional.of(job);
        });
    return ApiResult.none();
  }

  private ApiResult remove(ApiCall call) {
    String id = call.params().text("id");
    requireOurs(id);
    store.update(
        call.params().digest(),
        id,
        known -> {
          SyncJobConfig old =
              known.orElseThrow(() -> BackupException.notFound("job '" + id + "' does not exist."));
          access.requireChange(call.who(), old);
          return Optional.empty();
        });
    return ApiResult.none();
  }

  private void requireOurs(String id) {
    if (store.configs().isDeclared(id)) {
      throw BackupException.invalid(
          "sync job '" + id + "' is declared in mesh.yaml; change it there");
    }
  }

  private static SyncJobConfig changed(SyncJobConfig job, Params params) {
    var unused = params.namespace(); // refuses one that is too deep, in PBS's words
    unused = params.namespace("remote-ns");
    NavigableMap<String, List<String>> properties = new TreeMap<>(job.properties());
    params.texts("delete").forEach(properties::remove);
    for (String key :
        List.of(
            "store",
            "ns",
            "owner",
            "remote",
            "remote-store",
            "remote-ns",
            "comment",
            "schedule",
            "sync-direction")) {
      params.optionalText(key).ifPresent(text -> properties.put(key, List.of(text.strip())));
    }
    for (String key : List.of("max-depth", "transfer-last")) {
      params
          .optionalInteger(key)
          .ifPresent(number -> properties.put(key, List.of(Long.toString(number))));
    }
    for (String flag : FLAGS) {
      if (params.has(flag)) {
        properties.put(flag, List.of(Boolean.toString(params.bool(flag, false))));
      }
    }
    if (params.has("group-filter")) {
      properties.put("group-filter", params.texts("group-filter"));
    }
    return new SyncJobConfig(job.id(), properties);
  }

  // ---- runs ----

  private ApiResult run(ApiCall call) {
    String id = call.params().text("id");
    SyncJobConfig job = require(id);
    access.requireChange(call.who(), job);
    var unused = job.toSync(); // says what it asks for and cannot have
    return ApiResult.of(store.jobs().runNow(id, call.who()).toString());
  }

  /** Whoever calls owns what a pull brings. */
  private ApiResult runOnce(ApiCall call, boolean push) {
    AuthId caller = call.who();
    SyncJobConfig given = changed(new SyncJobConfig("once", new TreeMap<>()), call.params());
    NavigableMap<String, List<String>> properties = new TreeMap<>(given.properties());
    properties.put("owner", List.of(caller.toString()));
    properties.put("sync-direction", List.of(push ? "push" : "pull"));
    SyncJobConfig job = new SyncJobConfig(given.id(), properties);
    access.requireOnce(caller, job);
    SyncConfig sync = job.toSync();
    if (push && !datastores.reading(job.store(), call.leases()).namespaceExists(job.namespace())) {
      throw BackupException.invalid(
          "Source namespace '"
              + job.namespace()
              + "' doesn't exist in datastore '"
              + job.store()
              + "'!");
    }
    return ApiResult.of(store.jobs().runOnce(sync, caller).toString());
  }
}
