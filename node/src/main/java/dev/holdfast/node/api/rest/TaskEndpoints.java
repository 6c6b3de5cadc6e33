package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
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
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.task.TaskFilter;
import dev.holdfast.node.task.TaskInfo;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.TaskStatus;
import dev.holdfast.node.task.Upid;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Tasks: lists, logs, status, stop (spec/rest-api.md §6.8, spec/protocols.md §7.9). */
final class TaskEndpoints {

  private static final Shape ENTRY =
      Shape.object(
          Field.text("upid"),
          Field.text("node"),
          Field.integer("pid"),
          Field.integer("pstart"),
          Field.integer("starttime").meaning("seconds since 1970"),
          Field.text("worker_type"),
          Field.text("worker_id").orNone(),
          Field.text("user"),
          Field.integer("endtime").orNone().meaning("seconds since 1970; absent while it runs"),
          Field.text("status").orNone().meaning("OK, WARNINGS: n, an error, or unknown"));

  private static final Shape STATUS =
      Shape.object(
          Field.text("upid"),
          Field.text("node"),
          Field.integer("pid"),
          Field.integer("pstart"),
          Field.integer("starttime").meaning("seconds since 1970"),
          Field.text("type"),
          Field.of("id", Value.TEXT.orNull()),
          Field.text("user"),
          Field.text("tokenid").orNone(),
          Field.of("status", Shape.oneOf("running", "stopped")),
          Field.text("exitstatus").orNone().meaning("OK, WARNINGS: n, an error, or unknown"));

  private static final Shape LINE =
      Shape.object(Field.integer("n").meaning("from 1"), Field.text("t"));

  private static final String TASKS = "/nodes/{node}/tasks";
  private static final String TASK = TASKS + "/{upid}";

  private static final Param UPID =
      Param.text(
              "upid",
              1,
              Upid.LENGTH_MAX,
              "UPID:[A-Za-z0-9](?:[A-Za-z0-9\\-]*[A-Za-z0-9])?:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}"
                  + ":[0-9A-Fa-f]{8,16}:[0-9A-Fa-f]{8}:[^:\\s/]+:[^:\\s/]*:[^:\\s/]+:")
          .parsed("UPID:NODE:PID:PSTART:TASK:TIME:TYPE:ID:USER@REALM:", Upid::parse);

  private static final int PAGE = 50;
  private static final String SYSTEM_TASKS = "/system/tasks";

  private final AccessControl access;
  private final TaskRegistry tasks;

  TaskEndpoints(AccessControl access, TaskRegistry tasks) {
    this.access = access;
    this.tasks = tasks;
  }

  void register(ApiRouter router) {
    router.add(
        "GET",
        TASKS,
        new Endpoint(
            Doc.list("Lists tasks, the newest first.", ENTRY, "the tasks that the caller may see")
                .with(Field.integer("total").meaning("at least that many there are")),
            ParamSchema.of(
                NodeEndpoints.NODE,
                Param.integer("start", 0, Long.MAX_VALUE).orNone(),
                Param.integer("limit", 0, Long.MAX_VALUE).orNone(),
                Param.STORE.orNone(),
                Param.bool("running"),
                Param.bool("errors"),
                Param.anyText("userfilter").orNone(),
                Param.integer("since", Long.MIN_VALUE, Long.MAX_VALUE).orNone(),
                Param.integer("until", Long.MIN_VALUE, Long.MAX_VALUE).orNone(),
                Param.anyText("typefilter").orNone(),
                Param.choice("statusfilter", "ok", "warning", "error", "unknown").orNone().list()),
            Rule.inside(
                "nothing for own tasks, what their job asks for, else Sys.Audit on "
                    + SYSTEM_TASKS),
            this::list));
    ParamSchema one = ParamSchema.of(NodeEndpoints.NODE, UPID);
    Rule see = Rule.inside("to own the task, or Sys.Audit on " + SYSTEM_TASKS);
    router.add(
        "GET",
        TASK + "/status",
        new Endpoint(
            Doc.of("Shows how a task stands.", STATUS, "the parts of its id, and its state"),
            one,
            see,
            this::status));
    router.add(
        "GET",
        TASK + "/log",
        new Endpoint(
            Doc.list("Shows the log of a task.", LINE, "lines with their numbers")
                .with(
                    Field.integer("total").meaning("lines so far"),
                    Field.integer("success"),
                    Field.flag("active").orNone().meaning("whether the task runs"))
                .orRaw("text/plain"),
            ParamSchema.of(
                NodeEndpoints.NODE,
                UPID,
                Param.integer("start", 0, Long.MAX_VALUE).orNone(),
                Param.integer("limit", 0, Long.MAX_VALUE).orNone(),
                Param.bool("test-status"),
                Param.bool("download")),
            see,
            this::log));
    router.add(
        "DELETE",
        TASK,
        new Endpoint(
            Doc.nothing("Asks a task to stop."),
            one,
            Rule.inside("to own the task, or Sys.Modify on " + SYSTEM_TASKS),
            this::stop));
  }

  private ApiResult list(ApiCall call) {
    Params params = call.params();
    AuthId caller = call.who();
    boolean all = access.any(caller, SYSTEM_TASKS, Set.of(Privilege.SYS_AUDIT));
    Set<TaskStatus.Kind> kinds = EnumSet.noneOf(TaskStatus.Kind.class);
    params
        .texts("statusfilter")
        .forEach(word -> kinds.add(TaskStatus.Kind.valueOf(word.toUpperCase(Locale.ROOT))));
    TaskFilter filter =
        new TaskFilter(
            params.has("store") ? params.store() : null,
            params.bool("running", false),
            params.bool("errors", false),
            params.optionalText("userfilter").orElse(null),
            params.optionalText("typefilter").orElse(null),
            params.integer("since", Long.MIN_VALUE),
            params.integer("until", Long.MAX_VALUE),
            kinds,
            upid -> all || visible(caller, upid));
    long start = params.integer("start", 0);
    long limit = params.integer("limit", PAGE);
    List<TaskInfo> found = tasks.list(filter, start, limit);
    ArrayNode list = Json.array();
    found.forEach(task -> list.add(json(task)));
    // One more than shown when the page is full, so that a pager asks for the next.
    boolean full = limit > 0 && found.size() == limit;
    return ApiResult.of(list)
        .with("total", LongNode.valueOf(start + found.size() + (full ? 1 : 0)));
  }

  private static ObjectNode json(TaskInfo task) {
    Upid upid = task.upid();
    ObjectNode json =
        Json.object()
            .put("upid", upid.toString())
            .put("node", "localhost")
            .put("pid", upid.pid())
            .put("pstart", upid.pstart())
            .put("starttime", upid.startTime())
            .put("worker_type", upid.workerType())
            .put("user", upid.owner().toString());
    if (upid.workerId() != null) {
      json.put("worker_id", upid.workerId());
    }
    if (!task.running()) {
      json.put("endtime", task.endTime()).put("status", task.status().text());
    }
    return json;
  }

  private ApiResult status(ApiCall call) {
    Upid upid = accessible(call);
    Optional<TaskInfo> known = tasks.find(upid);
    ObjectNode json =
        Json.object()
            .put("upid", upid.toString())
            .put("node", upid.node())
            .put("pid", upid.pid())
            .put("pstart", upid.pstart())
            .put("starttime", upid.startTime())
            .put("type", upid.workerType())
            .put("id", upid.workerId())
            .put("user", upid.owner().owner().toString());
    if (upid.owner().isToken()) {
      json.put("tokenid", upid.owner().token());
    }
    if (known.isPresent() && known.get().running()) {
      json.put("status", "running");
    } else {
      // A well-formed id of a task that never was reads as one whose end is not known.
      TaskStatus end = known.map(TaskInfo::status).orElse(new TaskStatus.Unknown());
      json.put("status", "stopped").put("exitstatus", end.text());
    }
    return ApiResult.of(json);
  }

  private ApiResult log(ApiCall call) {
    Upid upid = accessible(call);
    Params params = call.params();
    if (params.bool("download", false)) {
      StringBuilder text = new StringBuilder();
      tasks.log(upid, 0, 0).lines().forEach(line -> text.append(line.text()).append('\n'));
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      return new ApiResult.Download(
          "text/plain", bytes.length, () -> new ByteArrayInputStream(bytes));
    }
    TaskRegistry.LogPage page =
        tasks.log(upid, params.integer("start", 0), params.integer("limit", PAGE));
    ArrayNode lines = Json.array();
    page.lines().forEach(line -> lines.addObject().put("n", line.number()).put("t", line.text()));
    ApiResult.Data result =
        ApiResult.of(lines)
            .with("total", LongNode.valueOf(page.total()))
            .with("success", IntNode.valueOf(1));
    if (params.bool("test-status", false)) {
      result = result.with("active", BooleanNode.valueOf(page.active()));
    }
    return result.as("application/json");
  }

  private ApiResult stop(ApiCall call) {
    Upid upid = Upid.parse(call.params().text("upid"));
    if (!call.who().equals(upid.owner())
        && !access.any(call.who(), SYSTEM_TASKS, Set.of(Privilege.SYS_MODIFY))) {
      throw new BackupException(
          BackupException.Kind.PERMISSION,
          "permission check failed - missing Sys.Modify on " + SYSTEM_TASKS);
    }
    tasks.abort(upid);
    return ApiResult.none();
  }

  private Upid accessible(ApiCall call) {
    Upid upid = Upid.parse(call.params().text("upid"));
    if (!visible(call.who(), upid)
        && !access.any(call.who(), SYSTEM_TASKS, Set.of(Privilege.SYS_AUDIT))) {
      throw BackupException.invalid("task access not allowed");
    }
    return upid;
  }

  /** Own tasks, those of own tokens, and those that the caller could have started. */
  private boolean visible(AuthId caller, Upid upid) {
    if (caller.mayActFor(upid.owner())) {
      return true;
    }
    String id = upid.workerId() == null ? "" : upid.workerId();
    String[] parts = id.split(":", -1);
    return switch (upid.workerType()) {
      case "garbage_collection" -> may(caller, id, "", Privilege.DATASTORE_MODIFY);
      case "prunejob", "prune" ->
          may(caller, parts[0], parts.length > 1 ? parts[1] : "", Privilege.DATASTORE_MODIFY);
      case "verificationjob" -> may(caller, parts[0], "", Privilege.DATASTORE_VERIFY);
      case "syncjob" ->
          parts.length > 3
              && may(
                  caller, parts[2], parts.length > 4 ? parts[3] : "", Privilege.DATASTORE_BACKUP);
      default -> false;
    };
  }

  private boolean may(AuthId caller, String store, String namespace, Privilege privilege) {
    try {
      String path = "/datastore/" + new DatastoreName(store) + "/" + namespace;
      return access.any(caller, path, Set.of(privilege));
    } catch (BackupException e) {
      return false; // an id that names no datastore
    }
  }
}
