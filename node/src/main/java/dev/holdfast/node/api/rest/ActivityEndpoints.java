package dev.holdfast.node.api.rest;

import dev.holdfast.node.access.Privilege;
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
import dev.holdfast.node.task.TaskFilter;
import dev.holdfast.node.task.TaskInfo;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import java.util.List;

/** What is going on in a datastore: its running tasks (spec/rest-api.md §6.2). */
final class ActivityEndpoints {
  private static final String READER = "reader";

  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;

  ActivityEndpoints(DatastoreRegistry stores, TaskRegistry tasks) {
    this.stores = stores;
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/admin/datastore/{store}/active-operations",
        new Endpoint(
            Doc.of(
                "Counts what is going on in a datastore.",
                Shape.object(Field.integer("read"), Field.integer("write")),
                "how many read, how many write"),
            ParamSchema.of(Param.STORE),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT),
            this::count));
  }

  private ApiResult count(ApiCall call) {
    String store = stores.requireConfig(call.params().store()).name().text();
    List<Upid> running =
        tasks.list(TaskFilter.RUNNING, 0, 0).stream()
            .map(TaskInfo::upid)
            .filter(upid -> upid.store().equals(store))
            .toList();
    long readers = running.stream().filter(upid -> upid.workerType().equals(READER)).count();
    return ApiResult.of(Json.object().put("read", readers).put("write", running.size() - readers));
  }
}
