package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.job.JobType;
import dev.holdfast.node.job.Jobs;
import dev.holdfast.node.notify.Notification;
import dev.holdfast.node.notify.NotificationConfig;
import dev.holdfast.node.notify.Notifier;
import dev.holdfast.node.notify.Severity;
import java.time.InstantSource;
import java.util.List;
import java.util.TreeMap;

/** All targets in one list, trying one, and what matchers can ask for (spec/rest-api.md §6.10). */
final class NotificationTargetEndpoints {
  private static final String BASE = "/config/notifications";
  private static final List<String> FIELDS = List.of("datastore", "hostname", "job-id", "type");
  private static final List<String> TYPES =
      List.of("certificate", "disk", "gc", "overdue", "prune", "sync", "test", "verify");

  private static final Shape TARGET =
      Shape.object(
          Field.text("name"),
          Field.text("type"),
          NotificationEndpoints.ORIGIN,
          Field.flag("disable").orNone(),
          Field.text("comment").orNone());

  private final NotificationConfig config;
  private final Notifier notifier;
  private final DatastoreRegistry stores;
  private final Jobs jobs;
  private final String host;
  private final InstantSource clock;

  NotificationTargetEndpoints(
      NotificationConfig config,
      Notifier notifier,
      DatastoreRegistry stores,
      Jobs jobs,
      String host,
      InstantSource clock) {
    this.config = config;
    this.notifier = notifier;
    this.stores = stores;
    this.jobs = jobs;
    this.host = host;
    this.clock = clock;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        BASE + "/targets",
        new Endpoint(
            Doc.list("Lists all targets of notifications.", TARGET, "of every kind"),
            ParamSchema.NONE,
            NotificationEndpoints.SEE,
            call -> targets()));
    router.add(
        "POST",
        BASE + "/targets/{name}/test",
        new Endpoint(
                Doc.nothing("Sends a test to a target, and answers when it has arrived."),
                ParamSchema.of(Param.safeId("name", 2, 64)),
                NotificationEndpoints.SEE,
                this::test)
            .absentIs404());
    router.add(
        "GET",
        BASE + "/matcher-fields",
        new Endpoint(
            Doc.list(
                "Lists the fields that matchers can ask for.",
                Shape.object(Field.text("name")),
                "their names"),
            ParamSchema.NONE,
            NotificationEndpoints.SEE,
            call -> fields()));
    router.add(
        "GET",
        BASE + "/matcher-field-values",
        new Endpoint(
            Doc.list(
                "Lists values that fields have here.",
                Shape.object(Field.text("field"), Field.text("value")),
                "fields with known values"),
            ParamSchema.NONE,
            NotificationEndpoints.SEE,
            call -> values()));
  }

  private ApiResult targets() {
    ArrayNode list = Json.array();
    for (Section target : config.targets()) {
      ObjectNode json =
          list.addObject()
              .put("name", target.id())
              .put("type", target.type())
              .put("origin", config.origin(target.id()).text());
      String disable = target.value("disable");
      if (disable != null) {
        json.put("disable", SectionValues.bool(disable));
      }
      String comment = target.value("comment");
      if (comment != null) {
        json.put("comment", comment);
      }
    }
    return ApiResult.of(list);
  }

  private ApiResult test(ApiCall call) {
    TreeMap<String, String> fields = new TreeMap<>();
    fields.put("type", "test");
    fields.put("hostname", host);
    notifier.sendTo(
        call.params().text("name"),
        new Notification(
            Severity.INFO,
            clock.instant(),
            fields,
            host + ": test notification",
            "This is a test of the notification target '"
                + call.params().text("name")
                + "' on "
                + host
                + ".\n"));
    return ApiResult.none();
  }

  private static ApiResult fields() {
    ArrayNode list = Json.array();
    FIELDS.forEach(field -> list.addObject().put("name", field));
    return ApiResult.of(list);
  }

  private ApiResult values() {
    ArrayNode list = Json.array();
    TYPES.forEach(type -> put(list, "type", type));
    put(list, "hostname", host);
    stores.configs().forEach(store -> put(list, "datastore", store.name().text()));
    for (JobType type : JobType.values()) {
      jobs.of(type).forEach(job -> put(list, "job-id", job.id().name()));
    }
    return ApiResult.of(list);
  }

  private static void put(ArrayNode list, String field, String value) {
    list.addObject().put("field", field).put("value", value);
  }
}
