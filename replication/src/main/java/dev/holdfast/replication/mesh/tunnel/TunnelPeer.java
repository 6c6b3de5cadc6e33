package dev.holdfast.replication.mesh.tunnel;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.PeerConfig;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Another node, as far as a tunnel to it needs to know.
 *
 * @param name as the configuration calls it
 * @param pins fingerprints it may show, asked at each use because the operator may change them
 * @param token how this node is known there
 * @param tokenSecret asked at each use, on event loops too: it must not block. Throws when it is
 *     not there yet
 */
public record TunnelPeer(
    String name,
    String host,
    int port,
    Supplier<Set<Fingerprint>> pins,
    AuthId token,
    Supplier<Secret> tokenSecret) {

  /** As configured. */
  public static TunnelPeer of(PeerConfig peer, Supplier<Secret> tokenSecret) {
    return new TunnelPeer(
        peer.name(), peer.url().host(), peer.url().port(), peer::pins, peer.token(), tokenSecret);
  }
}
