package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
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
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;

/**
 * What the last garbage collection of a datastore found, from its {@code .gc-status}: a collection
 * of the server that had the directory before, as long as this node has none (spec/rest-api.md
 * §6.2, §6.6).
 */
final class CollectionEndpoints {
  private static final String FILE = ".gc-status";

  /** No status comes near. */
  private static final long FILE_BYTES_MAX = 64 * 1024;

  private static final JsonMapper JSON = new JsonMapper();
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
          Field.integer("duration").orNone().meaning("seconds"));
  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;

  CollectionEndpoints(StoreVisibility visibility, DatastoreRegistry stores, TaskRegistry tasks) {
    this.visibility = visibility;
    this.stores = stores;
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/admin/datastore/{store}/gc",
        new Endpoint(
            Doc.of("Shows the last garbage collection of a datastore.", JOB, "what it found"),
            ParamSchema.of(Param.STORE),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT),
            call -> ApiResult.of(job(stores.reading(call.params().store())))));
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

  private ApiResult list(ApiCall call) {
    ArrayNode list = Json.array();
    for (DatastoreConfig config : stores.configs()) {
      DatastoreName name = config.name();
      boolean wanted = !call.params().has("store") || call.params().store().equals(name);
      if (wanted && visibility.audits(call.who(), name)) {
        list.add(job(stores.reading(name)));
      }
    }
    return ApiResult.of(list);
  }

  private ObjectNode job(Datastore store) {
    ObjectNode json = status(store).put("store", store.name().text());
    String upid = json.path("upid").asText("");
    if (upid.startsWith("UPID:")) {
      Upid task = Upid.parse(upid);
      tasks
          .find(task)
          .filter(found -> !found.running())
          .ifPresent(
              found ->
                  json.put("last-run-endtime", found.endTime())
                      .put("last-run-state", found.status().text())
                      .put("duration", found.endTime() - task.startTime()));
    }
    return json;
  }

  /** As stored; before any collection all zero, and without a task. */
  static ObjectNode status(Datastore store) {
    ObjectNode json = Json.object().putNull("upid");
    COUNTS.forEach(count -> json.put(count, 0));
    try {
      var file = store.base().resolve(FILE);
      if (Files.size(file) <= FILE_BYTES_MAX
          && JSON.readTree(Files.readAllBytes(file)) instanceof ObjectNode stored) {
        json.setAll(stored);
      }
    } catch (NoSuchFileException e) {
      return json; // none yet
    } catch (JsonProcessingException e) {
      throw BackupException.corrupt(
          "'" + FILE + "' of datastore '" + store.name() + "' is not JSON");
    } catch (IOException e) {
      throw new BackupException(
          BackupException.Kind.INTERNAL,
          "cannot read '" + FILE + "' of datastore '" + store.name() + "': " + e,
          e);
    }
    return json;
  }
}
