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
import dev.holdfast.node.api.RegisteredStore.Operations;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;

/** Who uses a datastore now, whatever mode it is in (spec/rest-api.md §6.2, engine.md §8.4). */
final class ActivityEndpoints {
  private final DatastoreRegistry stores;

  ActivityEndpoints(DatastoreRegistry stores) {
    this.stores = stores;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/admin/datastore/{store}/active-operations",
        new Endpoint(
            Doc.of(
                "Counts what is going on in a datastore: sessions, tasks, and calls under way.",
                Shape.object(Field.integer("read"), Field.integer("write")),
                "how many read, how many write"),
            ParamSchema.of(Param.STORE),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT),
            this::count));
  }

  private ApiResult count(ApiCall call) {
    Operations now = stores.operations(call.params().store());
    return ApiResult.of(Json.object().put("read", now.read()).put("write", now.write()));
  }
}
