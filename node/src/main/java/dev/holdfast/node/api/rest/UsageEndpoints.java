package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Endpoint.Rule;
import dev.holdfast.node.api.ParamSchema;

/** How full the datastores are, for monitors (spec/rest-api.md §6.7). */
final class UsageEndpoints {
  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;

  UsageEndpoints(StoreVisibility visibility, DatastoreRegistry stores) {
    this.visibility = visibility;
    this.stores = stores;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/status/datastore-usage",
        new Endpoint(
            Doc.list("Shows how full the datastores are.", "bytes of each one that may be seen"),
            ParamSchema.NONE,
            Rule.ANYBODY,
            this::usage));
  }

  private ApiResult usage(ApiCall call) {
    AuthId caller = call.who();
    ArrayNode list = Json.array();
    stores
        .configs()
        .forEach(
            config -> {
              StoreVisibility.View view = visibility.of(caller, config.name());
              if (view != StoreVisibility.View.NOTHING) {
                ObjectNode json = list.addObject().put("store", config.name().text());
                DatastoreEndpoints.putKind(json);
                if (view == StoreVisibility.View.WHOLE) {
                  put(json, config.name());
                }
              }
            });
    return ApiResult.of(list);
  }

  /** A store that cannot be used says why, and hides no other. */
  private void put(ObjectNode json, DatastoreName name) {
    try {
      Datastore store = stores.reading(name);
      FileOps.Space space = store.space();
      json.put("total", space.totalBytes())
          .put("used", space.usedBytes())
          .put("avail", space.availableBytes())
          .set("gc-status", CollectionEndpoints.status(store));
    } catch (BackupException e) {
      json.put("error", e.text());
    }
  }
}
