package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.replication.peer.ChunkWindow;
import dev.holdfast.replication.peer.RemoteNode;
import java.time.InstantSource;
import java.util.concurrent.Executor;

/**
 * Between what a run pushes, and with what.
 *
 * @param window of chunks under way in the whole run
 * @param chunksInFlight of these per group
 * @param workers read chunks from the disk and check them
 */
record PushEnds(
    Datastore local,
    RemoteNode target,
    DatastoreName remoteStore,
    ChunkWindow window,
    int chunksInFlight,
    Executor workers,
    InstantSource clock) {

  /** The path of a call on the target's datastore. */
  String path(String call) {
    return "/admin/datastore/" + remoteStore + "/" + call;
  }
}
