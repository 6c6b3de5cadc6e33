package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.DatastoreVerifier;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.verify.VerifyRules;
import dev.holdfast.chunkstore.work.Workers;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.DatastoreConfig;
import dev.holdfast.node.api.DatastoreRegistry;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.node.task.Upid;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.node.thread.YieldingThreads;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies what is in a datastore, with the log lines of a real server (spec/engine.md §4). Any
 * thread; blocks.
 */
public final class Verifying {
  /** What the speed test of clients leaves; nobody restores it. */
  private static final GroupId BENCHMARK = GroupId.parse("host/benchmark");

  private static final Logger LOG = LoggerFactory.getLogger(Verifying.class);

  private final DatastoreRegistry stores;
  private final PermittedGroups permitted;
  private final List<Consumer<Damage>> listeners = new CopyOnWriteArrayList<>();

  /**
   * What to verify.
   *
   * @param group null for all groups of the namespace and of those below
   * @param snapshot null for all of the group
   * @param maxDepth levels below the namespace; absent = all
   * @param threads how many check chunks; absent = one per core
   */
  public record Order(
      DatastoreName store,
      Namespace namespace,
      @Nullable GroupId group,
      @Nullable SnapshotId snapshot,
      OptionalInt maxDepth,
      VerifyRules rules,
      OptionalInt threads) {

    /** One snapshot, whatever is known of it. */
    public static Order of(DatastoreName store, Namespace namespace, SnapshotId snapshot) {
      return new Order(
          store,
          namespace,
          snapshot.group(),
          snapshot,
          OptionalInt.empty(),
          VerifyRules.all(),
          OptionalInt.empty());
    }
  }

  public Verifying(DatastoreRegistry stores, AccessControl access) {
    this.stores = stores;
    this.permitted =
        new PermittedGroups(access, Privilege.DATASTORE_VERIFY, Privilege.DATASTORE_BACKUP);
  }

  /** Hears of every run that finds damage, when it is over. Must not block long. */
  public void onDamage(Consumer<Damage> listener) {
    listeners.add(listener);
  }

  /**
   * Does it. Of somebody who may verify only what is his own, that.
   *
   * @throws BackupException CORRUPT_DATA when something cannot be restored; CANCELLED
   */
  public void run(WorkerTask task, Order order, AuthId caller) {
    Datastore store = stores.reading(order.store(), task.leases());
    VerificationLog log = new VerificationLog(task, order.store());
    Workers workers = workers(order);
    DatastoreVerifier verifier =
        new DatastoreVerifier(
            store,
            new SnapshotVerifier(
                store, workers, stores.requireConfig(order.store()).chunkOrder(), log, true),
            Verifying::verifiedAt,
            task.upid().toString());
    List<DatastoreVerifier.Group> groups = select(task, store, verifier, order, caller);
    task.log("using " + workers.count() + " threads");
    List<String> failed = List.of();
    try {
      failed = verifier.verify(groups, log);
    } catch (BackupException e) {
      throw e.kind() == Kind.CANCELLED
          ? new BackupException(Kind.CANCELLED, "verification failed - job aborted", e)
          : e;
    } finally {
      tell(new Damage(order.store(), task.upid(), failed, log.problems()));
    }
    if (!failed.isEmpty()) {
      task.log("Failed to verify the following snapshots/groups:");
      failed.forEach(snapshot -> task.log("\t" + snapshot));
      throw BackupException.corrupt("verification failed - please check the log for details");
    }
  }

  private void tell(Damage damage) {
    if (!damage.snapshots().isEmpty() || !damage.problems().isEmpty()) {
      listeners.forEach(listener -> listener.accept(damage));
    }
  }

  /**
   * Starts verifying a snapshot that was just made, when its datastore asks for that; a backup does
   * not fail when this cannot start.
   */
  public void verifyNew(
      TaskRegistry tasks,
      DatastoreName store,
      Namespace namespace,
      SnapshotId snapshot,
      AuthId owner) {
    DatastoreConfig config = stores.config(store);
    if (config == null || !config.verifyNew()) {
      return;
    }
    // As with PBS there is no namespace in it.
    String id = String.format(Locale.ROOT, "%s:%s/%08X", store, snapshot.group(), snapshot.time());
    try {
      var unused =
          tasks.spawn(
              "verify",
              id,
              owner,
              task -> {
                task.log("Automatically verifying newly added snapshot");
                run(task, Order.of(store, namespace, snapshot), owner);
              });
    } catch (BackupException e) {
      LOG.error("backup finished, but starting the requested verify task failed: {}", e.text());
    }
  }

  private static Workers workers(Order order) {
    Workers usual = YieldingThreads.idle("verify");
    return order.threads().isPresent()
        ? new Workers(order.threads().getAsInt(), usual.threads())
        : usual;
  }

  /** When the task began that noted it; one that is no task of a server counts as long ago. */
  static long verifiedAt(VerifyState state) {
    try {
      return Upid.parse(state.upid()).startTime();
    } catch (BackupException e) {
      return 0;
    }
  }

  private List<DatastoreVerifier.Group> select(
      WorkerTask task, Datastore store, DatastoreVerifier verifier, Order order, AuthId caller) {
    GroupId group = order.group();
    if (group == null) {
      return selectAll(task, store, verifier, order, caller);
    }
    SnapshotId snapshot = order.snapshot();
    DatastoreVerifier.Group selected =
        snapshot == null
            ? verifier.select(order.namespace(), group, order.rules())
            : verifier.select(order.namespace(), group, List.of(snapshot), order.rules());
    return selected == null ? List.of() : List.of(selected);
  }

  private List<DatastoreVerifier.Group> selectAll(
      WorkerTask task, Datastore store, DatastoreVerifier verifier, Order order, AuthId caller) {
    task.log(
        "verify datastore "
            + store.name()
            + (order.namespace().isRoot() ? "" : ":" + order.namespace()));
    List<DatastoreVerifier.Group> groups =
        store.namespaces(order.namespace(), order.maxDepth().orElse(Namespace.DEPTH_MAX)).stream()
            .map(namespace -> ofNamespace(task, store, verifier, order, namespace, caller))
            .flatMap(Collection::stream)
            .toList();
    task.log("found " + groups.size() + " groups");
    return groups;
  }

  private List<DatastoreVerifier.Group> ofNamespace(
      WorkerTask task,
      Datastore store,
      DatastoreVerifier verifier,
      Order order,
      Namespace namespace,
      AuthId caller) {
    BiConsumer<GroupId, BackupException> failed =
        (group, e) -> task.warn("group " + group + " was not verified: " + e.text());
    List<DatastoreVerifier.Group> groups = new ArrayList<>();
    for (GroupId group : permitted.of(store, namespace, caller, failed)) {
      task.checkAborted();
      if (!group.equals(BENCHMARK)) {
        groups.add(verifier.select(namespace, group, order.rules()));
      }
    }
    return groups.stream().filter(Objects::nonNull).toList();
  }
}
