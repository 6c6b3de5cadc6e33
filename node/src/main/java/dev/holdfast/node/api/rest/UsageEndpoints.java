package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
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
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.host.Measurements;
import dev.holdfast.node.host.Measurements.Sample;
import dev.holdfast.node.host.Measurements.Summary;
import dev.holdfast.node.host.NodeMeasurements;
import java.util.SortedMap;
import java.util.TreeMap;

/** How full the datastores are, for monitors (spec/rest-api.md §6.7). */
final class UsageEndpoints {

  private static final Shape USAGE =
      Shape.object(Field.text("store"))
          .and(DatastoreEndpoints.KIND)
          .and(
              Field.integer("total").orNone().meaning("bytes"),
              Field.integer("used").orNone().meaning("bytes"),
              Field.integer("avail").orNone().meaning("bytes that a user may still write"),
              Field.of("gc-status", CollectionEndpoints.STATUS).orNone(),
              Field.of("history", Value.NUMBER.orNull().list())
                  .orNone()
                  .meaning("shares in use, 0 to 1; null where nobody measured"),
              Field.integer("history-start").orNone().meaning("seconds since 1970"),
              Field.integer("history-delta").orNone().meaning("seconds between two values"),
              Field.integer("estimated-full-date").orNone().meaning("seconds since 1970"),
              Field.text("error").orNone().meaning("why there are no numbers"));

  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;
  private final NodeMeasurements measured;

  UsageEndpoints(StoreVisibility visibility, DatastoreRegistry stores, NodeMeasurements measured) {
    this.visibility = visibility;
    this.stores = stores;
    this.measured = measured;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/status/datastore-usage",
        new Endpoint(
            Doc.list(
                "Shows how full the datastores are.", USAGE, "bytes of each one that may be seen"),
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
    try (Leases leases = new Leases()) {
      Datastore store = stores.reading(name, leases);
      FileOps.Space space = store.space();
      json.put("total", space.totalBytes())
          .put("used", space.usedBytes())
          .put("avail", space.availableBytes())
          .set("gc-status", CollectionEndpoints.status(store));
      history(json, name);
    } catch (BackupException e) {
      json.put("error", e.text());
    }
  }

  /** The share in use by the half hour of a month, null where nobody measured. */
  private void history(ObjectNode json, DatastoreName name) {
    int step = Measurements.LONG_STEP_SECONDS;
    long last = measured.now() - measured.now() % step;
    long from = last - (long) (Measurements.VALUES_MAX - 1) * step;
    ArrayNode history = json.putArray("history");
    SortedMap<Long, Double> shares = new TreeMap<>();
    for (Sample sample :
        measured.store(name).steps(from, Measurements.VALUES_MAX, step, Summary.AVERAGE)) {
      double used = sample.values().getOrDefault("used", 0.0);
      double all = used + sample.values().getOrDefault("available", 0.0);
      if (all > 0) {
        shares.put(sample.time(), used / all);
        history.add(used / all);
      } else {
        history.addNull();
      }
    }
    json.put("history-start", from).put("history-delta", step);
    double full = Measurements.fullAt(shares);
    if (!Double.isNaN(full)) {
      json.put("estimated-full-date", (long) full);
    }
  }
}
