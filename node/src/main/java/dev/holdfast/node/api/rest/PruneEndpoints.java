package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.chunkstore.prune.PruneSelection;
import dev.holdfast.chunkstore.prune.PruneSelection.Candidate;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
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
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.WorkerTask;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

  private final AccessControl control;
  private final GroupAccess access;
  private final DatastoreRegistry stores;
  private final TaskRegistry tasks;

  PruneEndpoints(
      AccessControl control, GroupAccess access, DatastoreRegistry stores, TaskRegistry tasks) {
    this.control = control;
    this.access = access;
    this.stores = stores;
    this.tasks = tasks;
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
    Stream<Param> keep =
        Stream.of(Period.values())
            .map(period -> Param.integer(period.option(), 1, Long.MAX_VALUE).orNone());
    return ParamSchema.of(
        Stream.of(common, Stream.of(more), keep).flatMap(part -> part).toArray(Param[]::new));
  }

  private static KeepRules rules(Params params) {
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
    Datastore store = stores.writing(params.store());
    scope.check(store, namespace, group);
    if (store.snapshots(namespace, group).isEmpty()) {
      store.owner(namespace, group); // refuses a group that is not there
    }
    KeepRules rules = rules(params);
    List<Decision> decisions = decide(store, namespace, group, rules);
    if (params.bool("dry-run", false)) {
      return ApiResult.of(json(decisions, namespace));
    }
    String id = store.name() + ":" + namespace + ":" + group;
    if (params.bool("use-task", false)) {
      return ApiResult.of(
          tasks
              .spawn(
                  "prune",
                  id,
                  call.who(),
                  task -> execute(task, store, namespace, rules, decisions))
              .toString());
    }
    tasks.run("prune", id, call.who(), task -> execute(task, store, namespace, rules, decisions));
    return ApiResult.of(json(decisions, Namespace.ROOT));
  }

  /** What is to become of a snapshot. */
  private record Decision(SnapshotId snapshot, Mark mark, boolean keep, @Nullable Period rule) {
    /** For people: our command line shows it, other clients pass it over. */
    String reason() {
      return switch (mark) {
        case PROTECTED -> "protected";
        case KEEP_PARTIAL -> "not finished";
        case KEEP -> rule == null ? "" : rule.option();
        case REMOVE -> keep ? "no rule was given" : "no rule keeps it";
      };
    }
  }

  /** Oldest first, as they are removed. */
  private List<Decision> decide(
      Datastore store, Namespace namespace, GroupId group, KeepRules rules) {
    List<Candidate> candidates = new ArrayList<>();
    for (SnapshotId snapshot : store.snapshots(namespace, group)) {
      candidates.add(
          new Candidate(
              snapshot.time(),
              store.isFinished(namespace, snapshot),
              store.isProtected(namespace, snapshot)));
    }
    List<Decision> decisions = new ArrayList<>();
    new TreeMap<>(PruneSelection.decide(candidates, rules, tasks.clock().getZone()))
        .forEach(
            (time, made) -> {
              boolean keep = rules.keepAll() || made.mark() != Mark.REMOVE;
              decisions.add(new Decision(group.at(time), made.mark(), keep, made.rule()));
            });
    return decisions;
  }

  private static ArrayNode json(List<Decision> decisions, Namespace shown) {
    ArrayNode list = Json.array();
    for (Decision decision : decisions) {
      ObjectNode json =
          list.addObject()
              .put("backup-type", decision.snapshot.group().type().text())
              .put("backup-id", decision.snapshot.group().id())
              .put("backup-time", decision.snapshot.time())
              .put("keep", decision.keep)
              .put("protected", decision.mark == Mark.PROTECTED)
              .put("reason", decision.reason());
      if (!shown.isRoot()) {
        json.put("ns", shown.toString());
      }
    }
    return list;
  }

  private void execute(
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      KeepRules rules,
      List<Decision> decisions) {
    logRules(task, rules);
    String where = store.name() + (namespace.isRoot() ? "" : ":" + namespace);
    if (!decisions.isEmpty()) {
      GroupId group = decisions.getFirst().snapshot.group();
      task.log("Starting prune on " + where + " group \"" + group + "\"");
    }
    List<SnapshotId> removed = new ArrayList<>();
    for (Decision decision : decisions) {
      String mark = decision.keep && decision.mark == Mark.REMOVE ? "keep" : decision.mark.text();
      task.log(decision.snapshot + " " + mark);
      remove(task, store, namespace, decision, removed);
    }
    remember(store, namespace, removed);
  }

  private static void logRules(WorkerTask task, KeepRules rules) {
    task.log(
        rules.keepAll()
            ? "No prune selection - keeping all files."
            : "retention options: " + rules);
  }

  /** One that is in use, or was protected just now, stays; the others go all the same. */
  private static void remove(
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      Decision decision,
      List<SnapshotId> removed) {
    if (decision.keep) {
      return;
    }
    try {
      store.deleteSnapshot(namespace, decision.snapshot, false);
      removed.add(decision.snapshot);
    } catch (BackupException e) {
      task.warn("failed to remove " + decision.snapshot + ": " + e.text());
    }
  }

  /** Once for a group, since each time writes a file. */
  private void remember(Datastore store, Namespace namespace, List<SnapshotId> removed) {
    if (!removed.isEmpty()) {
      GroupId group = removed.getFirst().group();
      List<Long> times = removed.stream().map(SnapshotId::time).toList();
      stores.removed().add(store.name(), namespace, group, times);
    }
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
    Datastore store = stores.writing(name);
    KeepRules rules = rules(params);
    boolean dryRun = params.bool("dry-run", false);
    int depth = (int) params.integer("max-depth", Namespace.DEPTH_MAX);
    List<Namespace> namespaces = store.namespaces(root, depth);
    String id = name + (root.isRoot() ? "" : ":" + root);
    return ApiResult.of(
        tasks
            .spawn(
                "prune",
                id,
                call.who(),
                task -> {
                  task.log(
                      "Starting datastore prune on "
                          + id
                          + (depth == 0
                              ? ", non-recursive"
                              : params.has("max-depth")
                                  ? ", down to depth " + depth
                                  : ", down to full depth"));
                  if (dryRun) {
                    task.log("(dry test run)");
                  }
                  logRules(task, rules);
                  for (Namespace namespace : namespaces) {
                    all(task, call, store, namespace, rules, dryRun);
                  }
                })
            .toString());
  }

  /** Groups that the caller may not prune are passed over without a word. */
  private void all(
      WorkerTask task,
      ApiCall call,
      Datastore store,
      Namespace namespace,
      KeepRules rules,
      boolean dryRun) {
    Rights rights = control.rights(call.who(), GroupAccess.path(store.name(), namespace));
    boolean any = rights.any(MODIFY);
    if (!any && !rights.any(PRUNE)) {
      return;
    }
    for (GroupId group : store.groups(namespace)) {
      task.checkAborted();
      try {
        if (!any && !call.who().mayActFor(store.owner(namespace, group))) {
          continue;
        }
        task.log("Pruning group " + namespace + ":\"" + group + "\"");
        List<SnapshotId> removed = new ArrayList<>();
        for (Decision decision : decide(store, namespace, group, rules)) {
          task.log((dryRun ? "would " : "") + verb(decision) + " " + decision.snapshot);
          if (!dryRun) {
            remove(task, store, namespace, decision, removed);
          }
        }
        remember(store, namespace, removed);
      } catch (BackupException e) {
        task.warn("group " + group + " was not pruned: " + e.text());
      }
    }
  }

  private static String verb(Decision decision) {
    return switch (decision.mark) {
      case KEEP -> "keep";
      case KEEP_PARTIAL -> "keep partial";
      case PROTECTED -> "keep protected";
      case REMOVE -> decision.keep ? "keep" : "remove";
    };
  }
}
