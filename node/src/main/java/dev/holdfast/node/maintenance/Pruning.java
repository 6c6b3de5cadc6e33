package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.PruneSelection;
import dev.holdfast.chunkstore.prune.PruneSelection.Candidate;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.task.WorkerTask;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * Removes snapshots by retention rules, of one group or of all below a namespace, with the log
 * lines of a real server (spec/engine.md §3). Chunks stay until garbage is collected. Any thread;
 * blocks on files.
 */
public final class Pruning {

  private static final String KEEP_ALL = "No prune selection - keeping all files.";

  private final DatastoreRegistry stores;
  private final PermittedGroups permitted;
  private final ZoneId zone;

  /**
   * What to prune.
   *
   * @param maxDepth levels below the namespace; absent = all
   * @param dryRun only to tell what would be
   */
  public record Order(
      DatastoreName store,
      Namespace namespace,
      OptionalInt maxDepth,
      KeepRules rules,
      boolean dryRun) {

    /** Of its tasks, and in their logs. */
    public String where() {
      return place(store, namespace);
    }
  }

  /**
   * @param zone in whose days, weeks, … the rules count
   */
  public Pruning(DatastoreRegistry stores, AccessControl access, ZoneId zone) {
    this.stores = stores;
    this.permitted =
        new PermittedGroups(access, Privilege.DATASTORE_MODIFY, Privilege.DATASTORE_PRUNE);
    this.zone = zone;
  }

  private static String place(DatastoreName store, Namespace namespace) {
    return store + (namespace.isRoot() ? "" : ":" + namespace);
  }

  // ---- one group ----

  /** Oldest first, as they are removed. */
  public List<PruneDecision> decide(
      Datastore store, Namespace namespace, GroupId group, KeepRules rules) {
    List<Candidate> candidates = new ArrayList<>();
    for (SnapshotId snapshot : store.snapshots(namespace, group)) {
      candidates.add(
          new Candidate(
              snapshot.time(),
              store.isFinished(namespace, snapshot),
              store.isProtected(namespace, snapshot),
              store.held(namespace, snapshot).isPresent()));
    }
    List<PruneDecision> decisions = new ArrayList<>();
    new TreeMap<>(PruneSelection.decide(candidates, rules, zone))
        .forEach(
            (time, made) -> {
              SnapshotId snapshot = group.at(time);
              boolean keep = rules.keepAll() || made.mark() != Mark.REMOVE;
              decisions.add(
                  new PruneDecision(
                      snapshot,
                      made.mark(),
                      keep,
                      made.rule(),
                      store.held(namespace, snapshot).orElse(null)));
            });
    return decisions;
  }

  /** Does what was decided for a group. */
  public void group(
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      KeepRules rules,
      List<PruneDecision> decisions) {
    logRules(task, rules);
    if (!decisions.isEmpty()) {
      GroupId group = decisions.getFirst().snapshot().group();
      task.log("Starting prune on " + place(store.name(), namespace) + " group \"" + group + "\"");
    }
    carryOut(
        task,
        store,
        namespace,
        decisions,
        decision -> {
          task.log(decision.snapshot() + " " + decision.markText() + decision.logReason());
          return true;
        });
  }

  private static void logRules(WorkerTask task, KeepRules rules) {
    task.log(rules.keepAll() ? KEEP_ALL : "retention options: " + rules);
  }

  /**
   * Up to where the task is asked to stop.
   *
   * @param told tells a decision; false when nothing is to follow from it
   */
  private void carryOut(
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      List<PruneDecision> decisions,
      Predicate<PruneDecision> told) {
    List<SnapshotId> removed = new ArrayList<>();
    try {
      for (PruneDecision decision : decisions) {
        task.checkAborted();
        if (told.test(decision)) {
          remove(task, store, namespace, decision, removed);
        }
      }
    } finally {
      remember(store, namespace, removed);
    }
  }

  /** One that is in use, or was protected just now, stays; the others go all the same. */
  private static void remove(
      WorkerTask task,
      Datastore store,
      Namespace namespace,
      PruneDecision decision,
      List<SnapshotId> removed) {
    if (decision.keep()) {
      return;
    }
    try {
      store.deleteSnapshot(namespace, decision.snapshot(), false);
      removed.add(decision.snapshot());
    } catch (BackupException e) {
      task.warn("failed to remove " + decision.snapshot() + ": " + e.text());
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

  /**
   * Prunes what the caller may prune: all groups of a namespace, or his own, or none; what he may
   * not is passed over without a word.
   *
   * @throws BackupException when the datastore or the namespace is not there, or in maintenance
   */
  public void datastore(WorkerTask task, Order order, AuthId caller) {
    Datastore store = stores.writing(order.store(), task.leases());
    int depth = order.maxDepth().orElse(Namespace.DEPTH_MAX);
    List<Namespace> namespaces = store.namespaces(order.namespace(), depth);
    task.log(
        "Starting datastore prune on "
            + order.where()
            + (depth == 0
                ? ", non-recursive"
                : order.maxDepth().isPresent()
                    ? ", down to depth " + depth
                    : ", down to full depth"));
    if (order.dryRun()) {
      task.log("(dry test run)");
    }
    if (order.rules().keepAll()) {
      task.warn(KEEP_ALL);
    } else {
      logRules(task, order.rules());
    }
    for (Namespace namespace : namespaces) {
      groups(task, order, store, namespace, caller);
    }
  }

  private void groups(
      WorkerTask task, Order order, Datastore store, Namespace namespace, AuthId caller) {
    BiConsumer<GroupId, BackupException> failed =
        (group, e) -> task.warn("group " + group + " was not pruned: " + e.text());
    for (GroupId group : permitted.of(store, namespace, caller, failed)) {
      task.checkAborted();
      try {
        task.log("Pruning group " + namespace + ":\"" + group + "\"");
        carryOut(
            task,
            store,
            namespace,
            decide(store, namespace, group, order.rules()),
            decision -> {
              task.log(
                  (order.dryRun() ? "would " : "")
                      + decision.verb()
                      + " "
                      + decision.snapshot()
                      + decision.logReason());
              return !order.dryRun();
            });
      } catch (BackupException e) {
        if (e.kind() == BackupException.Kind.CANCELLED) {
          throw e;
        }
        failed.accept(group, e);
      }
    }
  }
}
