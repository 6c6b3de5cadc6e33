package dev.holdfast.node.session;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Upgrade;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.wire.WireServer;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens backup sessions: the checks of spec/protocols.md §4.1 in their order, each with its text,
 * then the locks, then the session. Locks are taken group, base snapshot, new snapshot.
 */
public final class BackupUpgrade implements Upgrade {
  private static final GroupId BENCHMARK = new GroupId(BackupType.HOST, "benchmark");

  private final Sessions sessions;

  public BackupUpgrade(Sessions sessions) {
    this.sessions = sessions;
  }

  @Override
  public ParamSchema schema() {
    return ParamSchema.streaming(
        Param.STORE,
        Param.NS,
        Param.BACKUP_TYPE,
        Param.BACKUP_ID,
        Param.BACKUP_TIME,
        Param.bool("debug"),
        Param.bool("benchmark"),
        Param.bool("no-cache"));
  }

  @Override
  public Consumer<HttpServerRequest> prepare(ApiCall call, @Nullable String protocol) {
    AuthId caller = call.who();
    Namespace namespace = call.params().namespace();
    String path = UpgradeChecks.path(call.params().store(), namespace);
    if (!sessions.access().any(caller, path, Set.of(Privilege.DATASTORE_BACKUP))) {
      throw new BackupException(
          Kind.PERMISSION, "missing permissions 'Datastore.Backup' on '" + path + "'");
    }
    Datastore store = sessions.stores().apply(call.params().store(), call.leases());
    UpgradeChecks.protocol(protocol, BackupProtocol.NAME);
    if (!store.namespaceExists(namespace)) {
      throw BackupException.notFound("namespace not found");
    }
    SnapshotId snapshot = call.params().snapshot();
    boolean benchmark = call.params().bool("benchmark", false);
    checkBenchmark(snapshot.group(), benchmark);
    return open(call, store, namespace, snapshot, benchmark);
  }

  private static void checkBenchmark(GroupId group, boolean benchmark) {
    if (group.equals(BENCHMARK) && !benchmark) {
      throw BackupException.invalid("unable to run benchmark without --benchmark flags");
    }
    if (benchmark && !group.equals(BENCHMARK)) {
      throw BackupException.invalid("benchmark flags is only allowed on 'host/benchmark'");
    }
  }

  private Consumer<HttpServerRequest> open(
      ApiCall call, Datastore store, Namespace namespace, SnapshotId snapshot, boolean benchmark) {
    AuthId caller = call.who();
    Leases locks = call.leases().hold(new Leases());
    locks.hold(store.openWriter());
    GroupLock group = locks.hold(store.lockGroup(namespace, snapshot.group(), caller));
    if (!benchmark && !caller.mayActFor(group.owner())) {
      throw BackupException.invalid(
          "backup owner check failed (" + caller + " != " + group.owner() + ")");
    }
    SnapshotId last = lastUsable(store, namespace, snapshot);
    if (last != null) {
      locks.hold(store.lockBase(namespace, last));
    }
    store.removeUnfinished(namespace, snapshot.group());
    SnapshotWriter writer = store.beginSnapshot(namespace, snapshot);
    try {
      return begin(call, store, namespace, benchmark, locks, writer, last);
    } catch (RuntimeException | Error e) {
      writer.abort();
      throw e;
    }
  }

  private Consumer<HttpServerRequest> begin(
      ApiCall call,
      Datastore store,
      Namespace namespace,
      boolean benchmark,
      Leases locks,
      SnapshotWriter writer,
      @Nullable SnapshotId last) {
    AuthId caller = call.who();
    SnapshotId snapshot = writer.snapshot();
    WorkerTask task =
        sessions
            .tasks()
            .start(
                benchmark ? "benchmark" : "backup", store.name() + ":" + snapshot.group(), caller);
    task.log(
        "starting new "
            + (benchmark ? "benchmark" : "backup")
            + " on datastore '"
            + store.name()
            + "' from "
            + call.remoteAddress()
            + ": \""
            + store.relativePath(namespace, snapshot)
            + "\"");
    BackupState state = new BackupState(store, namespace, writer, last, task::log);
    Runnable onFinish =
        () -> {
          locks.close();
          sessions.listener().finished(store.name(), namespace, snapshot, caller);
        };
    BackupProtocol session =
        new BackupProtocol(
            sessions.workers(),
            task,
            store,
            namespace,
            state,
            benchmark,
            onFinish,
            finished -> call.leases().close());
    return request ->
        WireServer.upgrade(
                request, BackupProtocol.NAME, WireSettings.DEFAULT, sessions.memory(), session)
            .onFailure(session::abandoned);
  }

  /**
   * The newest finished snapshot. One whose verification failed counts as none, so that the client
   * sends everything anew: that is how damage heals.
   */
  private static @Nullable SnapshotId lastUsable(
      Datastore store, Namespace namespace, SnapshotId next) {
    SnapshotId last = store.lastFinished(namespace, next.group()).orElse(null);
    if (last == null) {
      return null;
    }
    Manifest manifest = store.manifest(namespace, last);
    VerifyState verified = manifest.verifyState();
    if (verified != null && verified.state() == VerifyState.State.FAILED) {
      return null;
    }
    if (next.time() <= last.time()) {
      throw BackupException.invalid("backup timestamp is older than last backup.");
    }
    return last;
  }
}
