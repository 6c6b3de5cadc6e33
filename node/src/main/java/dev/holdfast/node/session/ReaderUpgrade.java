package dev.holdfast.node.session;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.Privilege;
import dev.holdfast.node.access.Rights;
import dev.holdfast.node.api.ApiCall;
import dev.holdfast.node.api.Param;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Upgrade;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.wire.WireServer;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.http.HttpServerRequest;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Opens reader sessions: the checks of spec/protocols.md §6.1 in their order. */
public final class ReaderUpgrade implements Upgrade {
  private final Sessions sessions;

  public ReaderUpgrade(Sessions sessions) {
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
        Param.bool("debug"));
  }

  @Override
  public Consumer<HttpServerRequest> prepare(ApiCall call, @Nullable String protocol) {
    AuthId caller = call.who();
    Namespace namespace = call.params().namespace();
    String path = UpgradeChecks.path(call.params().store(), namespace);
    Rights rights = sessions.access().rights(caller, path);
    boolean readsAll = rights.any(Set.of(Privilege.DATASTORE_READ));
    if (!readsAll && !rights.any(Set.of(Privilege.DATASTORE_BACKUP))) {
      throw BackupException.invalid("no permissions on " + path);
    }
    Leases leases = call.leases();
    Datastore store = sessions.stores().apply(call.params().store(), leases);
    UpgradeChecks.protocol(protocol, ReaderProtocol.NAME);
    SnapshotId snapshot = call.params().snapshot();
    if (!readsAll && !caller.mayActFor(owner(store, namespace, snapshot))) {
      throw BackupException.invalid("backup owner check failed!");
    }
    if (!store.snapshotExists(namespace, snapshot)) {
      throw BackupException.invalid("snapshot " + snapshot + " does not exist.");
    }
    leases.hold(store.lockSnapshotShared(namespace, snapshot));
    return begin(caller, store, namespace, snapshot, leases);
  }

  // 400, not 404: so the real server answers for a group that is not there.
  private static AuthId owner(Datastore store, Namespace namespace, SnapshotId snapshot) {
    try {
      return store.owner(namespace, snapshot.group());
    } catch (BackupException e) {
      throw new BackupException(BackupException.Kind.INVALID_INPUT, e.text(), e);
    }
  }

  private Consumer<HttpServerRequest> begin(
      AuthId caller, Datastore store, Namespace namespace, SnapshotId snapshot, Leases leases) {
    String workerId =
        String.format(Locale.ROOT, "%s:%s/%08X", store.name(), snapshot.group(), snapshot.time());
    WorkerTask task = sessions.tasks().start("reader", workerId, caller);
    task.log(
        "starting new backup reader datastore '"
            + store.name()
            + "': \""
            + store.relativePath(namespace, snapshot)
            + "\"");
    ReaderProtocol session =
        new ReaderProtocol(sessions.workers(), task, store, namespace, snapshot, leases::close);
    return request ->
        WireServer.upgrade(
                request, ReaderProtocol.NAME, WireSettings.READER, sessions.memory(), session)
            .onFailure(session::abandoned);
  }
}
