package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.job.JobConfigs;
import dev.holdfast.node.job.JobId;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.maintenance.StoreJobConfig;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Jobs that look after a datastore: what is configured, how the last run went, starting one
 * (spec/rest-api.md §6.6, §6.10). Prune and verify jobs differ in their parameters and in who may
 * do what.
 */
final class StoreJobEndpoints<C extends StoreJobConfig> {
  private static final Param ID = Param.safeId("id", 3, 128);

  private final Kind<C> kind;
  private final JobConfigs<C> configs;
  private final Jobs jobs;
  private final AccessControl access;
  private final Shape.Fields shape;

  /**
   * What distinguishes a kind of job.
   *
   * @param word in paths and texts, {@code prune}
   * @param section as in the configuration file and in errors
   * @param required which parameters a job must have
   * @param optional which ones can be taken away again
   * @param see one of these on the job's datastore or namespace lists it
   * @param show one of these shows a single one
   */
  record Kind<C>(
      String word,
      String section,
      JobType type,
      List<Param> required,
      List<Param> optional,
      Set<Privilege> see,
      Set<Privilege> show,
      Privilege change,
      Reader<C> reader) {
    Kind {
      required = List.copyOf(required);
      optional = List.copyOf(optional);
      see = Set.copyOf(see);
      show = Set.copyOf(show);
    }
  }

  /** Makes a job of its properties; throws INVALID_INPUT for what cannot be. */
  @FunctionalInterface
  interface Reader<C> {
    C read(String id, SortedMap<String, List<String>> properties);
  }

  StoreJobEndpoints(Kind<C> kind, JobConfigs<C> configs, Jobs jobs, AccessControl access) {
    this.kind = kind;
    this.configs = configs;
    this.jobs = jobs;
    this.access = access;
    Stream<Param> own =
        Stream.concat(kind.required.stream(), kind.optional.stream().map(Param::orNone));
    this.shape = Shape.object(Field.text("id")).and(own.map(Field::of).toArray(Field[]::new));
  }

  void register(ApiRouter router) {
    String config = "/config/" + kind.word;
    String job = config + "/{id}";
    String admin = "/admin/" + kind.word;
    Rule see = rule(kind.see);
    Rule change = rule(Set.of(kind.change));
    router.add(
        "GET",
        config,
        new Endpoint(
            Doc.list("Lists " + kind.word + " jobs.", shape, "their configurations").withDigest(),
            ParamSchema.NONE,
            see,
            call -> list(call, false)));
    router.add(
        "GET",
        admin,
        new Endpoint(
            Doc.list(
                    "Lists " + kind.word + " jobs.",
                    shape.and(JobRuns.SHAPE),
                    "with their last runs")
                .withDigest(),
            ParamSchema.of(Param.STORE.orNone()),
            see,
            call -> list(call, true)));
    router.add(
        "GET",
        job,
        new Endpoint(
            Doc.of("Shows a " + kind.word + " job.", shape, "its configuration").withDigest(),
            ParamSchema.of(ID),
            rule(kind.show),
            this::show));
    router.add(
        "POST",
        config,
        new Endpoint(
            Doc.nothing("Makes a " + kind.word + " job."), creation(), change, this::create));
    router.add(
        "PUT",
        job,
        new Endpoint(
            Doc.nothing("Changes a " + kind.word + " job."), changes(), change, this::change));
    router.add(
        "DELETE",
        job,
        new Endpoint(
                Doc.nothing("Removes a " + kind.word + " job."),
                ParamSchema.of(ID, Param.DIGEST),
                change,
                this::remove)
            .absentIs404());
    router.add(
        "POST",
        admin + "/{id}/run",
        new Endpoint(
            Doc.task("Runs a " + kind.word + " job."), ParamSchema.of(ID), change, this::run));
  }

  private static Rule rule(Set<Privilege> privileges) {
    String names =
        privileges.stream().sorted().map(Privilege::text).collect(Collectors.joining(" or "));
    return Rule.inside(names + " on the job's datastore or namespace");
  }

  private ParamSchema creation() {
    return schema(
        List.of(ID),
        Stream.concat(kind.required.stream(), kind.optional.stream().map(Param::orNone)));
  }

  private ParamSchema changes() {
    String[] deletable = kind.optional.stream().map(Param::name).toArray(String[]::new);
    return schema(
        List.of(ID, Param.DIGEST, Param.choice("delete", deletable).orNone().list()),
        ownParams().map(Param::orNone));
  }

  private static ParamSchema schema(List<Param> common, Stream<Param> own) {
    return ParamSchema.of(Stream.concat(common.stream(), own).toArray(Param[]::new));
  }

  private Stream<Param> ownParams() {
    return Stream.concat(kind.required.stream(), kind.optional.stream());
  }

  // ---- reading ----

  private ApiResult list(ApiCall call, boolean withRuns) {
    ArrayNode list = Json.array();
    for (C job : configs.all()) {
      boolean wanted =
          !call.params().has(Param.STORE.name()) || call.params().store().equals(job.store());
      if (wanted && access.any(call.who(), path(job), kind.see)) {
        ObjectNode json = json(job);
        if (withRuns) {
          jobs.find(new JobId(kind.type, job.id()))
              .ifPresent(found -> JobRuns.add(json, jobs.status(found)));
        }
        list.add(json);
      }
    }
    return ApiResult.of(list).with("digest", configs.digest());
  }

  private ApiResult show(ApiCall call) {
    C job = require(call.params().text("id"));
    require(call.who(), job, kind.show);
    return ApiResult.of(json(job)).with("digest", configs.digest());
  }

  private C require(String id) {
    return configs
        .find(id)
        .orElseThrow(() -> BackupException.invalid("no such " + kind.section + " '" + id + "'"));
  }

  private static String path(StoreJobConfig job) {
    return AccessControl.path(job.store(), job.namespace());
  }

  /** As real servers say it: no 403. */
  private void require(AuthId caller, C job, Set<Privilege> wanted) {
    if (!access.any(caller, path(job), wanted)) {
      throw BackupException.invalid("permission check failed");
    }
  }

  private void requireChange(AuthId caller, C job) {
    require(caller, job, Set.of(kind.change));
  }

  private ObjectNode json(C job) {
    return Json.putSection(Json.object().put("id", job.id()), shape, job.properties());
  }

  // ---- changes ----

  private ApiResult create(ApiCall call) {
    C job = kind.reader.read(call.params().text("id"), changed(new TreeMap<>(), call.params()));
    requireChange(call.who(), job);
    configs.create(job);
    return ApiResult.none();
  }

  private ApiResult change(ApiCall call) {
    String id = call.params().text("id");
    requireOurs(id);
    configs.update(
        call.params().digest(),
        id,
        known -> {
          C old = known.orElseGet(() -> require(id));
          C job = kind.reader.read(id, changed(old.properties(), call.params()));
          requireChange(call.who(), old);
          requireChange(call.who(), job);
          return Optional.of(job);
        });
    return ApiResult.none();
  }

  private ApiResult remove(ApiCall call) {
    String id = call.params().text("id");
    requireOurs(id);
    configs.update(
        call.params().digest(),
        id,
        known -> {
          requireChange(
              call.who(),
              known.orElseThrow(
                  () -> BackupException.notFound("job '" + id + "' does not exist.")));
          return Optional.empty();
        });
    return ApiResult.none();
  }

  private void requireOurs(String id) {
    if (configs.isDeclared(id)) {
      throw BackupException.invalid(
          kind.word + " job '" + id + "' is declared in mesh.yaml; change it there");
    }
  }

  private SortedMap<String, List<String>> changed(
      SortedMap<String, List<String>> old, Params params) {
    var unused = params.namespace(); // refuses one that is too deep, in PBS's words
    NavigableMap<String, List<String>> properties = new TreeMap<>(old);
    params.texts("delete").forEach(properties::remove);
    ownParams()
        .map(Param::name)
        .filter(params::has)
        .forEach(key -> properties.put(key, List.of(params.written(key).strip())));
    return properties;
  }

  private ApiResult run(ApiCall call) {
    C job = require(call.params().text("id"));
    requireChange(call.who(), job);
    return ApiResult.of(jobs.run(new JobId(kind.type, job.id()), call.who()).toString());
  }
}
