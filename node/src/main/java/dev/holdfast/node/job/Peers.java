package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.PeerConfig;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.replication.mesh.MeshHello;
import dev.holdfast.replication.mesh.PeerHello;
import dev.holdfast.replication.mesh.tunnel.TunnelPeer;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configured peers, each with its connections. The file of a token's secret is read again
 * whenever a peer is asked for, so that a secret may come after the start, or be replaced.
 */
public final class Peers implements PeerHello, AutoCloseable {
  private final Vertx vertx;
  private final Map<String, Peer> peers = new LinkedHashMap<>();

  private static final class Peer {
    final PeerConfig config;
    @Nullable Secret secret;
    @Nullable RemoteNode node;

    Peer(PeerConfig config) {
      this.config = config;
    }
  }

  public Peers(Vertx vertx, Collection<PeerConfig> configs) {
    this.vertx = vertx;
    configs.forEach(config -> peers.put(config.name(), new Peer(config)));
  }

  /** In the order of the configuration. */
  public List<PeerConfig> configs() {
    return peers.values().stream().map(peer -> peer.config).toList();
  }

  public PeerConfig config(String name) {
    return peer(name).config;
  }

  /**
   * The peer, to be called. Blocks on its secret file.
   *
   * @throws BackupException INVALID_INPUT when that file cannot be used
   */
  public RemoteNode remote(String name) {
    Peer peer = peer(name);
    Secret secret = SecretFiles.read(peer.config.secretFile());
    synchronized (peer) {
      RemoteNode node = peer.node;
      if (node == null || peer.secret == null || !same(peer.secret, secret)) {
        if (node != null) {
          node.close();
        }
        node = open(peer.config, secret);
        peer.secret = secret;
        peer.node = node;
      }
      return node;
    }
  }

  private RemoteNode open(PeerConfig config, Secret secret) {
    return new RemoteNode(
        vertx,
        config.url(),
        new PinnedTrust(config::pins),
        new Credential.Token(config.token(), secret),
        WireClient.ANSWER_TIMEOUT);
  }

  private static boolean same(Secret one, Secret other) {
    return one.reveal().equals(other.reveal());
  }

  /** For tunnels, which use the secret that the last {@link #remote} read. */
  public List<TunnelPeer> tunnelPeers() {
    return peers.values().stream()
        .map(peer -> TunnelPeer.of(peer.config, () -> knownSecret(peer)))
        .toList();
  }

  private static Secret knownSecret(Peer peer) {
    synchronized (peer) {
      if (peer.secret == null) {
        throw BackupException.invalid(
            "the secret of peer " + peer.config.name() + " was not read yet");
      }
      return peer.secret;
    }
  }

  @Override
  public MeshHello hello(TunnelPeer peer) {
    return MeshHello.parse(remote(peer.name()).get("/mesh/hello"));
  }

  private Peer peer(String name) {
    Peer peer = peers.get(name);
    if (peer == null) {
      throw BackupException.notFound("no peer '" + name + "' is configured");
    }
    return peer;
  }

  @Override
  public void close() {
    for (Peer peer : peers.values()) {
      synchronized (peer) {
        if (peer.node != null) {
          peer.node.close();
          peer.node = null;
        }
      }
    }
  }
}
