package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.move.MoveHistory;
import dev.holdfast.chunkstore.move.MovePlan;
import dev.holdfast.chunkstore.move.MoveRequest;
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
import dev.holdfast.node.api.Params;
import dev.holdfast.node.api.Shape;
import dev.holdfast.node.api.Shape.Field;
import dev.holdfast.node.api.rest.GroupAccess.Need;
import dev.holdfast.node.maintenance.Moving;
import java.util.Set;
import java.util.function.Function;

/**
 * Moves groups and namespaces (spec/rest-api.md §6.3, §6.5), and beyond PBS: to another datastore,
 * with a plan before, and what can be done with a move afterwards.
 */
final class MoveEndpoints {
  private static final String STORE = "/admin/datastore/{store}";
  private static final String MOVES = STORE + "/moves";

  private static final Param TARGET_NS = Param.namespace("target-ns");
  private static final Param TARGET_STORE = new Param("target-store", Param.STORE.type(), true);
  private static final Param MAX_DEPTH =
      Param.integer("max-depth", 0, Namespace.DEPTH_MAX).orNone();
  private static final Param DELETE_SOURCE = Param.bool("delete-source");

  /** What it is made of is refused where it is read, with what is expected. */
  private static final Param NAME = Param.text("move", 1, 64, "\\P{Cntrl}*");

  private static final Shape PLAN =
      Shape.object(
          Field.of("made", Shape.Value.TEXT.list()).meaning("namespaces that are made"),
          Field.of(
              "groups",
              Shape.object(
                      Field.text("ns"),
                      Field.of(Param.BACKUP_TYPE),
                      Field.of(Param.BACKUP_ID),
                      Field.text("target-ns"),
                      Field.integer("snapshots").meaning("how many go"),
                      Field.flag("merge").meaning("whether the target has the group already"),
                      Field.text("refusal").orNone().meaning("why it would stay"))
                  .list()),
          Field.of("removed", Shape.Value.TEXT.list())
              .meaning("namespaces that go when all of their groups do"));

  private static final Shape MOVE =
      Shape.object(
          Field.of(NAME),
          Field.integer("began").meaning("seconds since 1970"),
          Field.text("state").meaning("moving, done, stopped, undoing or undone"),
          Field.flag("running"),
          Field.text("what"),
          Field.text("target-store"),
          Field.integer("groups"),
          Field.integer("snapshots"));

  private static final Set<Privilege> MODIFY = Set.of(Privilege.DATASTORE_MODIFY);
  private static final Need LEAVE = new Need(MODIFY, Set.of(Privilege.DATASTORE_PRUNE));
  private static final Need ENTER = new Need(MODIFY, Set.of(Privilege.DATASTORE_BACKUP));

  private static final Rule NAMESPACE_RULE =
      Rule.inside("Datastore.Modify on the parents of both namespaces");
  private static final Rule GROUP_RULE =
      Rule.inside(
          "Datastore.Modify on both namespaces; or, for a group of one's own, Datastore.Prune on the"
              + " one and Datastore.Backup on the other");
  private static final Rule MOVES_RULE =
      Rule.inside("Datastore.Modify on /datastore/{store}, and on that of the target");

  private final GroupAccess access;
  private final DatastoreRegistry stores;
  private final Moving moving;

  MoveEndpoints(GroupAccess access, DatastoreRegistry stores, Moving moving) {
    this.access = access;
    this.stores = stores;
    this.moving = moving;
  }

  void register(ApiRouter router) {
    ParamSchema ofGroup =
        ParamSchema.of(
            Param.STORE,
            Param.NS,
            Param.BACKUP_TYPE,
            Param.BACKUP_ID,
            TARGET_NS,
            TARGET_STORE,
            Param.bool("merge-group"));
    ParamSchema ofNamespace =
        ParamSchema.of(
            Param.STORE,
            Param.NS,
            TARGET_NS,
            TARGET_STORE,
            MAX_DEPTH,
            DELETE_SOURCE,
            Param.bool("merge-groups"));
    add(
        router,
        "/move-group",
        "Moves a group to another namespace, or another datastore.",
        "Tells what moving a group would do.",
        ofGroup,
        GROUP_RULE,
        this::group);
    add(
        router,
        "/move-namespace",
        "Moves a namespace and those below it.",
        "Tells what moving a namespace would do.",
        ofNamespace,
        NAMESPACE_RULE,
        this::namespace);
    router.add(
        "GET",
        MOVES,
        new Endpoint(
            Doc.list("Lists the moves that a datastore remembers.", MOVE, "the oldest first"),
            ParamSchema.of(Param.STORE),
            MOVES_RULE,
            this::list));
    router.add(
        "POST",
        MOVES + "/{move}",
        new Endpoint(
            Doc.task("Takes up a move that was stopped, or takes one back."),
            ParamSchema.of(Param.STORE, NAME, Param.choice("action", "resume", "undo")),
            MOVES_RULE,
            this::act));
  }

  /** A move, and its plan under the same path. */
  private void add(
      ApiRouter router,
      String call,
      String does,
      String tells,
      ParamSchema schema,
      Rule rule,
      Function<ApiCall, Moving.Order> order) {
    router.add(
        "POST",
        STORE + call,
        new Endpoint(Doc.task(does), schema, rule, asked -> start(asked, order.apply(asked))));
    router.add(
        "GET",
        STORE + call,
        new Endpoint(
            Doc.of(tells, PLAN, "what would be moved now; nothing is changed"),
            schema,
            rule,
            asked -> plan(asked, order.apply(asked))));
  }

  // ---- a new one ----

  private Moving.Order group(ApiCall call) {
    Params params = call.params();
    MoveRequest.OfGroup request =
        new MoveRequest.OfGroup(
            params.namespace(),
            params.group(),
            params.namespace(TARGET_NS.name()),
            params.bool("merge-group", true));
    Moving.Order order = new Moving.Order(params.store(), target(params), request);
    GroupAccess.Scope source = access.scope(call.who(), order.from(), request.from(), LEAVE);
    GroupAccess.Scope target = access.scope(call.who(), order.to(), request.to(), ENTER);
    if (!source.all() || !target.all()) {
      stores
          .reading(order.from(), call.leases())
          .ownerIfAny(request.from(), request.group())
          .ifPresent(owner -> GroupAccess.checkOwner(call.who(), owner));
    }
    return order;
  }

  private Moving.Order namespace(ApiCall call) {
    Params params = call.params();
    MoveRequest.OfNamespace request =
        new MoveRequest.OfNamespace(
            params.namespace(),
            params.namespace(TARGET_NS.name()),
            (int) params.integer(MAX_DEPTH.name(), Namespace.DEPTH_MAX),
            params.bool(DELETE_SOURCE.name(), true),
            params.bool("merge-groups", true));
    Moving.Order order = new Moving.Order(params.store(), target(params), request);
    access.requireModify(call.who(), order.from(), parent(request.from()));
    access.requireModify(call.who(), order.to(), parent(request.to()));
    return order;
  }

  private static DatastoreName target(Params params) {
    return params
        .optionalText(TARGET_STORE.name())
        .map(DatastoreName::new)
        .orElseGet(params::store);
  }

  private static Namespace parent(Namespace namespace) {
    Namespace parent = namespace.parent();
    return parent == null ? Namespace.ROOT : parent;
  }

  private ApiResult start(ApiCall call, Moving.Order order) {
    return ApiResult.of(moving.start(order, call.who()).toString());
  }

  private ApiResult plan(ApiCall call, Moving.Order order) {
    MovePlan plan = moving.plan(order, call.leases());
    ObjectNode json = Json.object();
    ArrayNode made = json.putArray("made");
    plan.made().forEach(namespace -> made.add(namespace.toString()));
    ArrayNode groups = json.putArray("groups");
    for (MovePlan.Step step : plan.groups()) {
      ObjectNode group =
          groups
              .addObject()
              .put("ns", step.from().toString())
              .put("backup-type", step.group().type().text())
              .put("backup-id", step.group().id())
              .put("target-ns", step.to().toString())
              .put("snapshots", step.snapshots().size())
              .put("merge", step.merges());
      if (step.refusal() != null) {
        group.put("refusal", step.refusal());
      }
    }
    ArrayNode removed = json.putArray("removed");
    plan.removed().forEach(namespace -> removed.add(namespace.toString()));
    return ApiResult.of(json);
  }

  // ---- those that were ----

  private ApiResult list(ApiCall call) {
    DatastoreName store = call.params().store();
    access.requireModify(call.who(), store, Namespace.ROOT);
    ArrayNode list = Json.array();
    for (MoveHistory.Move move : moving.list(store, call.leases())) {
      list.addObject()
          .put("move", move.name())
          .put("began", move.began().getEpochSecond())
          .put("state", move.state().text())
          .put("running", move.running())
          .put("what", move.request().toString())
          .put("target-store", move.target().text())
          .put("groups", move.groupCount())
          .put("snapshots", move.snapshotCount());
    }
    return ApiResult.of(list);
  }

  private ApiResult act(ApiCall call) {
    DatastoreName store = call.params().store();
    access.requireModify(call.who(), store, Namespace.ROOT);
    String name = call.params().text(NAME.name());
    access.requireModify(call.who(), moving.order(store, name).to(), Namespace.ROOT);
    return ApiResult.of(
        (call.params().text("action").equals("undo")
                ? moving.undo(store, name, call.who())
                : moving.resume(store, name, call.who()))
            .toString());
  }
}
