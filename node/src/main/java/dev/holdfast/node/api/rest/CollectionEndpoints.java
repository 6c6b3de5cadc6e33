package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.gc.GcStatusFile;
import dev.holdfast.chunkstore.model.DatastoreName;
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
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.job.Job;
import dev.holdfast.node.job.JobStatus;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.maintenance.CollectionJobs;
import dev.holdfast.node.task.Upid;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Garbage collection of a datastore: starting one, and what the last one found, from its {@code
 * .gc-status}, which a server that had the directory before may have written (spec/rest-api.md
 * §6.2, §6.6).
 */
final class CollectionEndpoints {
  private static final Logger LOG = LoggerFactory.getLogger(CollectionEndpoints.class);
  private static final String STORE = "/admin/datastore/{store}/gc";
  private static final List<String> COUNTS =
      List.of(
          "index-file-count",
          "index-data-bytes",
          "disk-bytes",
          "disk-chunks",
          "removed-bytes",
          "removed-chunks",
          "pending-bytes",
          "pending-chunks",
          "removed-bad",
          "still-bad");

  /** As a server leaves it in the file; newer ones tell more. */
  static final Shape.Fields STATUS =
      Shape.object(Field.of("upid", Value.TEXT.orNull()))
          .and(COUNTS.stream().map(Field::integer).toArray(Field[]::new))
          .andOthers(Value.ANYTHING);

  private static final Shape JOB =
      STATUS.and(
          Field.text("store"),
          Field.integer("last-run-endtime").orNone().meaning("seconds since 1970"),
          Field.text("last-run-state").orNone(),
          Field.integer("duration").orNone().meaning("seconds"),
          Field.text("schedule").orNone(),
          Field.integer("next-run").orNone().meaning("seconds since 1970"));

  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;
  private final Jobs jobs;
  private final CollectionJobs collections;

  CollectionEndpoints(
      StoreVisibility visibility, DatastoreRegistry stores, Jobs jobs, CollectionJobs collections) {
    this.visibility = visibility;
    this.stores = stores;
    this.jobs = jobs;
    this.collections = collections;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        STORE,
        new Endpoint(
            Doc.task("Removes the chunks of a datastore that no snapshot needs any more."),
            ParamSchema.of(Param.STORE, Param.bool("dry-run")),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_MODIFY),
            this::start));
    router.add(
        "GET",
        STORE,
        new Endpoint(
            Doc.of("Shows the last garbage collection of a datastore.", JOB, "what it found"),
            ParamSchema.of(Param.STORE),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT),
            call -> ApiResult.of(job(stores.reading(call.params().store(), call.leases())))));
    router.add(
        "GET",
        "/admin/gc",
        new Endpoint(
            Doc.list("Shows the last garbage collections.", JOB, "of each datastore to be audited"),
            ParamSchema.of(Param.STORE.orNone()),
            Rule.ANYBODY,
            this::list));
    router.add(
        "GET",
        "/admin/gc/{store}",
        new Endpoint(
            Doc.list("Shows the last garbage collection of a datastore.", JOB, "one entry"),
            ParamSchema.of(Param.STORE),
            Rule.ANYBODY,
            this::list));
  }

  private ApiResult start(ApiCall call) {
    DatastoreName name = call.params().store();
    if (call.params().bool("dry-run", false)) {
      var unused = stores.reading(name, call.leases()); // says at once when that cannot be
      return ApiResult.of(collections.startDryRun(name, call.who()).toString());
    }
    var unused = stores.writing(name, call.leases());
    return ApiResult.of(collections.start(name, call.who()).toString());
  }

  private ApiResult list(ApiCall call) {
    ArrayNode list = Json.array();
    for (DatastoreConfig config : stores.configs()) {
      DatastoreName name = config.name();
      boolean wanted = !call.params().has("store") || call.params().store().equals(name);
      if (wanted && visibility.audits(call.who(), name)) {
        usable(name, call.leases()).ifPresent(store -> list.add(job(store)));
      }
    }
    return ApiResult.of(list);
  }

  /** One in maintenance, or that cannot be opened, hides no other. */
  private Optional<Datastore> usable(DatastoreName name, Leases leases) {
    try {
      return Optional.of(stores.reading(name, leases));
    } catch (BackupException e) {
      LOG.debug("the last collection of '{}' is not listed: {}", name, e.text());
      return Optional.empty();
    }
  }

  private ObjectNode job(Datastore store) {
    ObjectNode json = status(store).put("store", store.name().text());
    jobs.find(CollectionJobs.id(store.name())).ifPresent(job -> add(json, job));
    return json;
  }

  private void add(ObjectNode json, Job job) {
    JobStatus status = jobs.status(job);
    job.schedule().ifPresent(schedule -> json.put("schedule", schedule.toString()));
    status.nextRun().ifPresent(next -> json.put("next-run", next));
    Upid task = status.lastRun();
    if (status.lastStatus() != null && task != null) {
      json.put("last-run-state", status.lastStatus().text());
      status
          .lastEnd()
          .ifPresent(
              end -> json.put("last-run-endtime", end).put("duration", end - task.startTime()));
    }
  }

  /** Before any collection all zero, and without a task. */
  static ObjectNode status(Datastore store) {
    return GcStatusFile.json(GcStatusFile.read(store));
  }
}
