package dev.holdfast.node.session;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.access.AccessControl;
import dev.holdfast.node.task.TaskRegistry;
import dev.holdfast.replication.wire.BodyMemory;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;

/**
 * What all sessions of a node share.
 *
 * @param stores throws INVALID_INPUT {@code no such datastore 'x'}
 * @param workers the node's bounded pool, which hashes, unpacks and touches files
 * @param memory for what clients send, however many there are
 */
public record Sessions(
    BiFunction<DatastoreName, Leases, Datastore> stores,
    AccessControl access,
    TaskRegistry tasks,
    Executor workers,
    BodyMemory memory,
    Listener listener) {

  /**
   * Hears of every snapshot that a client finished here; called on a worker, must not block long.
   */
  public interface Listener {
    void finished(DatastoreName store, Namespace namespace, SnapshotId snapshot, AuthId owner);
  }
}
