package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ApiRouter;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.api.Doc;
import dev.holdfast.node.api.Endpoint;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.Shape.Value;
import dev.holdfast.node.api.rest.GroupAccess.Need;
import dev.holdfast.node.maintenance.PruneDecision;
import dev.holdfast.node.maintenance.Pruning;
import dev.holdfast.node.task.TaskRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Removes snapshots by retention rules, of one group or of all below a namespace (spec/protocols.md
 * §7.5, spec/engine.md §3). Periods are those of the time zone of the node's task log.
 */
final class PruneEndpoints {

  private static final Shape DECISION =
      Shape.object(
          Field.of(Param.BACKUP_TYPE),
          Field.of(Param.BACKUP_ID),
          Field.of(Param.BACKUP_TIME).meaning("seconds since 1970"),
          Field.flag("keep"),
          Field.flag("protected"),
          Field.text("reason").meaning("for people"),
          Field.text("ns").orNone().meaning("of a dry run below the root"));

  private static final String STORE = "/admin/datastore/{store}";
  private static final Set<Privilege> MODIFY = Set.of(Privilege.DATASTORE_MODIFY);
  private static final Set<Privilege> PRUNE = Set.of(Privilege.DATASTORE_PRUNE);
  private static final Need REMOVE = new Need(MODIFY, PRUNE);

  /** How many snapshots to keep for each period. */
  static final List<Param> KEEP =
      Stream.of(Period.values())
          .map(period -> Param.integer(period.option(), 1, Long.MAX_VALUE).orNone())
          .toList();

  private final AccessControl control;
  private final GroupAccess access;
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;
  private final Pruning pruning;

  PruneEndpoints(
      AccessControl control,
      GroupAccess access,
      DatastoreRegistry stores,
      TaskRegistry tasks,
      Pruning pruning) {
    this.control = control;
    this.access = access;
    this.stores = stores;
    this.tasks = tasks;
    this.pruning = pruning;
  }

  void register(ApiRouter router) {
    router.add(
        "POST",
        STORE + "/prune",
        new Endpoint(
            Doc.of(
                "Removes the snapshots of a group that no rule keeps.",
                DECISION.list().or(Value.TEXT),
                "what becomes of each snapshot, or the id of the task when one was asked for"),
            schema(Param.BACKUP_ID, Param.BACKUP_TYPE, Param.bool("use-task")),
            REMOVE.rule(),
            this::group));
    router.add(
        "POST",
        STORE + "/prune-datastore",
        new Endpoint(
            Doc.task("Prunes every group of a namespace and of those below."),
            schema(Param.integer("max-depth", 0, Namespace.DEPTH_MAX).orNone()),
            REMOVE.rule(),
            this::datastore));
  }

  private static ParamSchema schema(Param... more) {
    Stream<Param> common = Stream.of(Param.STORE, Param.NS, Param.bool("dry-run"));
    return ParamSchema.of(
        Stream.of(common, Stream.of(more), KEEP.stream())
            .flatMap(part -> part)
            .toArray(Param[]::new));
  }

  /** Of {@link #KEEP}. */
  static KeepRules rules(Params params) {
    Map<Period, Long> counts = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      params.optionalInteger(period.option()).ifPresent(count -> counts.put(period, count));
    }
    return new KeepRules(counts);
  }

  // ---- one group ----

  private ApiResult group(ApiCall call) throws Exception {
    Params params = call.params();
    Namespace namespace = params.namespace();
    GroupId group = params.group();
    GroupAccess.Scope scope = access.scope(call, REMOVE);
    Datastore store = stores.writing(params.store(), call.leases());
    scope.check(store, namespace, group);
    if (store.snapshots(namespace, group).isEmpty()) {
      store.owner(namespace, group); // refuses a group that is not there
    }
    KeepRules rules = rules(params);
    List<PruneDecision> decisions = pruning.decide(store, namespace, group, rules);
    if (params.bool("dry-run", false)) {
      return ApiResult.of(json(decisions, namespace));
    }
    String id = store.name() + ":" + namespace + ":" + group;
    TaskRegistry.Body work =
        task ->
            pruning.group(
                task, stores.writing(store.name(), task.leases()), namespace, rules, decisions);
    if (params.bool("use-task", false)) {
      return ApiResult.of(tasks.spawn("prune", id, call.who(), work).toString());
    }
    tasks.run("prune", id, call.who(), work);
    return ApiResult.of(json(decisions, Namespace.ROOT));
  }

  private static ArrayNode json(List<PruneDecision> decisions, Namespace shown) {
    ArrayNode list = Json.array();
    for (PruneDecision decision : decisions) {
      ObjectNode json =
          list.addObject()
              .put("backup-type", decision.snapshot().group().type().text())
              .put("backup-id", decision.snapshot().group().id())
              .put("backup-time", decision.snapshot().time())
              .put("keep", decision.keep())
              .put("protected", decision.mark() == Mark.PROTECTED)
              .put("reason", decision.reason());
      if (!shown.isRoot()) {
        json.put("ns", shown.toString());
      }
    }
    return list;
  }

  // ---- all groups ----

  private ApiResult datastore(ApiCall call) {
    Params params = call.params();
    DatastoreName name = params.store();
    Namespace root = params.namespace();
    String path = GroupAccess.path(name, root);
    boolean somewhere =
        access.sees(call.who(), name, root)
            || control.anyBelow(call.who(), path, GroupAccess.NAMESPACE_VISIBLE);
    if (!somewhere) {
      throw new BackupException(BackupException.Kind.PERMISSION, "permission check failed");
    }
    Pruning.Order order =
        new Pruning.Order(
            name,
            root,
            params.optionalCount("max-depth"),
            rules(params),
            params.bool("dry-run", false));
    var unused =
        stores.writing(name, call.leases()).namespaces(root, 0); // says at once what is not there
    AuthId caller = call.who();
    return ApiResult.of(
        tasks
            .spawn("prune", order.where(), caller, task -> pruning.datastore(task, order, caller))
            .toString());
  }
}
