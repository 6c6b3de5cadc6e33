package dev.holdfast.replication.mesh;

import dev.holdfast.replication.mesh.tunnel.TunnelPeer;

/** Asks a peer for its {@link MeshHello} over the pinned connection that peers have. */
@FunctionalInterface
public interface PeerHello {
  /** Blocks, on a virtual thread; throws a {@code BackupException} when there is no answer. */
  MeshHello hello(TunnelPeer peer);
}
