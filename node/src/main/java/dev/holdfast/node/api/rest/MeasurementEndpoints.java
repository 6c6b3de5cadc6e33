package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.host.Measurements;
import dev.holdfast.node.host.Measurements.Sample;
import dev.holdfast.node.host.Measurements.Summary;
import dev.holdfast.node.host.NodeMeasurements;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What was measured since the node started (spec/rest-api.md §6.2, §6.7, §6.8). */
final class MeasurementEndpoints {

  private static final Shape METRICS =
      Shape.object(
          Field.of(
              "data",
              Shape.object(
                      Field.text("id").meaning("host, or datastore/NAME"),
                      Field.text("metric"),
                      Field.integer("timestamp").meaning("seconds since 1970"),
                      Field.of("type", Shape.oneOf("gauge", "derive")),
                      Field.number("value"))
                  .list()));

  private static final Param TIMEFRAME =
      Param.choice("timeframe", "hour", "day", "week", "month", "year", "decade");
  private static final Param SUMMARY = Param.choice("cf", "MAX", "AVERAGE");

  /** Metrics of longer ago are not given. */
  private static final long METRICS_SECONDS_MAX = 30 * 60;

  private static final int DAY = 24 * 60 * 60;

  /** Names of metrics by those of measurements. */
  private static final Map<String, String> HOST_METRICS =
      Map.of(
          "cpu", "cpu_current",
          "iowait", "cpu_iowait",
          "loadavg", "cpu_avg1",
          "memtotal", "mem_total",
          "memused", "mem_used",
          "swaptotal", "swap_total",
          "swapused", "swap_used",
          "total", "disk_total",
          "used", "disk_used");

  private static final Map<String, String> STORE_METRICS =
      Map.of("total", "disk_total", "used", "disk_used", "available", "disk_available");

  private final AccessControl access;
  private final StoreVisibility visibility;
  private final DatastoreRegistry stores;
  private final NodeMeasurements measured;

  MeasurementEndpoints(AccessControl access, DatastoreRegistry stores, NodeMeasurements measured) {
    this.access = access;
    this.visibility = new StoreVisibility(access);
    this.stores = stores;
    this.measured = measured;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        "/nodes/{node}/rrd",
        new Endpoint(
            Doc.list(
                "Shows how the machine did over time.",
                steps(HOST_METRICS.keySet()),
                "values by time"),
            ParamSchema.of(NodeEndpoints.NODE, TIMEFRAME, SUMMARY),
            Rule.any("/system/status", Privilege.SYS_AUDIT),
            call -> steps(call, measured.host())));
    router.add(
        "GET",
        "/admin/datastore/{store}/rrd",
        new Endpoint(
            Doc.list(
                "Shows how full a datastore was over time.",
                steps(STORE_METRICS.keySet()),
                "values by time"),
            ParamSchema.of(Param.STORE, TIMEFRAME, SUMMARY),
            Rule.any("/datastore/{store}", Privilege.DATASTORE_AUDIT, Privilege.DATASTORE_BACKUP),
            this::ofStore));
    router.add(
        "GET",
        "/status/metrics",
        new Endpoint(
            Doc.of("Shows what was measured last.", METRICS, "metrics that the caller may audit"),
            ParamSchema.of(
                Param.integer("start-time", 0, Long.MAX_VALUE).orNone(), Param.bool("history")),
            Rule.ANYBODY,
            this::metrics));
  }

  /** What was not measured at a time is absent there. */
  private static Shape steps(Set<String> names) {
    Field[] values =
        names.stream().sorted().map(name -> Field.number(name).orNone()).toArray(Field[]::new);
    return Shape.object(Field.integer("time").meaning("seconds since 1970")).and(values);
  }

  private ApiResult ofStore(ApiCall call) {
    DatastoreConfig store = stores.requireConfig(call.params().store());
    return steps(call, measured.store(store.name()));
  }

  /**
   * How long a time frame is, and of what steps.
   *
   * @param seconds of the whole
   */
  private record Frame(long seconds, int stepSeconds) {
    static Frame of(String name) {
      return switch (name) {
        case "hour" -> new Frame(60 * 60, Measurements.STEP_SECONDS);
        case "day" -> new Frame(DAY, Measurements.STEP_SECONDS);
        case "week" -> new Frame(7L * DAY, Measurements.LONG_STEP_SECONDS);
        case "month" -> new Frame(30L * DAY, Measurements.LONG_STEP_SECONDS);
        case "year" -> new Frame(365L * DAY, DAY / 4);
        default -> new Frame(3650L * DAY, 7 * DAY);
      };
    }
  }

  private ApiResult steps(ApiCall call, Measurements of) {
    Frame frame = Frame.of(call.params().text(TIMEFRAME.name()));
    int count = (int) (frame.seconds() / frame.stepSeconds()) + 1;
    long last = measured.now() - measured.now() % frame.stepSeconds();
    long from = last - (long) (count - 1) * frame.stepSeconds();
    ArrayNode list = Json.array();
    Summary summary = Summary.valueOf(call.params().text(SUMMARY.name()));
    for (Sample sample : of.steps(from, count, frame.stepSeconds(), summary)) {
      ObjectNode json = list.addObject().put("time", sample.time());
      sample.values().forEach(json::put);
    }
    return ApiResult.of(list);
  }

  // ---- metrics ----

  private ApiResult metrics(ApiCall call) {
    ObjectNode json = Json.object();
    ArrayNode list = json.putArray("data");
    if (access.any(call.who(), "/system/status", Set.of(Privilege.SYS_AUDIT))) {
      add(list, "host", HOST_METRICS, wanted(call, measured.host()));
    }
    for (DatastoreConfig store : stores.configs()) {
      if (visibility.audits(call.who(), store.name())) {
        String id = "datastore/" + store.name();
        add(list, id, STORE_METRICS, wanted(call, measured.store(store.name())));
      }
    }
    return ApiResult.of(json);
  }

  private List<Sample> wanted(ApiCall call, Measurements of) {
    long since =
        Math.max(call.params().integer("start-time", 0) + 1, measured.now() - METRICS_SECONDS_MAX);
    List<Sample> samples = of.since(since);
    boolean all = call.params().bool("history", false) || samples.isEmpty();
    return all ? samples : List.of(samples.getLast());
  }

  private static void add(
      ArrayNode list, String id, Map<String, String> names, List<Sample> samples) {
    for (Sample sample : samples) {
      sample
          .values()
          .forEach(
              (name, value) ->
                  list.addObject()
                      .put("id", id)
                      .put("metric", names.getOrDefault(name, name))
                      .put("timestamp", sample.time())
                      .put("type", "gauge")
                      .put("value", value));
    }
  }
}
