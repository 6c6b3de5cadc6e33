package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.usage.NamespaceUsage;
import dev.holdfast.chunkstore.usage.Usage;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.maintenance.UsageTasks;

/** What each namespace of a datastore takes on disk, which a real PBS does not tell. */
final class NamespaceUsageEndpoints {
  private static final String PATH = "/mesh/datastore/{store}/usage";

  private static final Shape SHAPE =
      Shape.object(
          Field.integer("measured-at").meaning("seconds since 1970"),
          Field.integer("chunk-bytes").meaning("of all chunks, also of those that nobody needs"),
          Field.integer("unreadable-indexes").meaning("left out of the numbers"),
          Field.of(
              "namespaces",
              Shape.object(
                      Field.text("ns").meaning("empty for the root"),
                      Field.integer("groups").meaning("with those of namespaces below, as all"),
                      Field.integer("snapshots"),
                      Field.integer("logical-bytes").meaning("of all archives as backed up"),
                      Field.integer("deduplicated-bytes")
                          .meaning("on disk, of the chunks that it needs"),
                      Field.integer("exclusive-bytes")
                          .meaning("of these, what nothing outside of it needs"))
                  .list()));

  private final UsageTasks tasks;

  NamespaceUsageEndpoints(UsageTasks tasks) {
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        PATH,
        new Endpoint(
            Doc.task("Measures what each namespace of a datastore takes on disk."),
            ParamSchema.of(Param.STORE),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT),
            call -> ApiResult.of(tasks.start(call.params().store(), call.who()).toString())));
    router.add(
        "GET",
        PATH,
        new Endpoint(
            Doc.of(
                "Shows the last measurement of what namespaces take on disk.",
                SHAPE,
                "a namespace and those below it"),
            ParamSchema.of(Param.STORE, Param.NS),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT),
            this::last));
  }

  private ApiResult last(ApiCall call) {
    DatastoreName store = call.params().store();
    UsageTasks.Measured measured =
        tasks
            .last(store)
            .orElseThrow(
                () ->
                    BackupException.notFound(
                            "the usage of datastore '" + store + "' was not measured yet")
                        .advise("Measure it: POST to the same path starts a task."));
    return ApiResult.of(json(measured, call.params().namespace()));
  }

  private static ObjectNode json(UsageTasks.Measured measured, Namespace top) {
    Usage usage = measured.usage();
    ObjectNode json =
        Json.object()
            .put("measured-at", measured.at().getEpochSecond())
            .put("chunk-bytes", usage.chunkBytes())
            .put("unreadable-indexes", usage.unreadableIndexes());
    ArrayNode list = json.putArray("namespaces");
    for (NamespaceUsage each : usage.namespaces()) {
      if (top.contains(each.namespace())) {
        list.addObject()
            .put("ns", each.namespace().toString())
            .put("groups", each.groups())
            .put("snapshots", each.snapshots())
            .put("logical-bytes", each.logicalBytes())
            .put("deduplicated-bytes", each.deduplicatedBytes())
            .put("exclusive-bytes", each.exclusiveBytes());
      }
    }
    return json;
  }
}
