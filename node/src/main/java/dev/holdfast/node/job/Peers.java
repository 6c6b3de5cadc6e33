package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.PeerConfig;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.node.job.RemoteConfig.Remote;
import dev.holdfast.replication.mesh.MeshHello;
import dev.holdfast.replication.mesh.PeerHello;
import dev.holdfast.replication.mesh.tunnel.TunnelPeer;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The configured peers, each with its connections, and the remotes that API calls named. The secret
 * is read again whenever a peer is asked for, so that it may come after the start, or be replaced.
 */
public final class Peers implements PeerHello, AutoCloseable {
  /** Where the secrets of remotes are; nothing reads it by this name. */
  private static final Path REMOTE_FILE = Path.of("remote.cfg");

  private final Vertx vertx;
  private final Map<String, Peer> peers = new LinkedHashMap<>();
  private final StateFile<RemoteConfig> remoteFile;

  /** Of the remote file, as it was when they were last asked for. Guarded by itself. */
  private final Map<Remote, Peer> remotes = new HashMap<>();

  private static final class Peer {
    final PeerConfig config;
    final Supplier<Secret> secrets;
    @Nullable Secret secret;
    @Nullable RemoteNode node;

    Peer(PeerConfig config, Supplier<Secret> secrets) {
      this.config = config;
      this.secrets = secrets;
    }

    synchronized void close() {
      if (node != null) {
        node.close();
        node = null;
      }
    }
  }

  public Peers(Vertx vertx, Collection<PeerConfig> configs, StateFile<RemoteConfig> remoteFile) {
    this.vertx = vertx;
    this.remoteFile = remoteFile;
    configs.forEach(
        config ->
            peers.put(
                config.name(), new Peer(config, () -> SecretFiles.read(config.secretFile()))));
  }

  /** {@code remote.cfg}. */
  public StateFile<RemoteConfig> remoteFile() {
    return remoteFile;
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
    Secret secret = peer.secrets.get();
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
        config.token().isToken()
            ? new Credential.Token(config.token(), secret)
            : new Credential.Password(config.token(), secret),
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
    if (peer != null) {
      return peer;
    }
    Remote remote = remoteFile.value().find(name);
    if (remote == null) {
      throw BackupException.notFound("no such remote '" + name + "'");
    }
    synchronized (remotes) {
      // What was said of it before holds no longer.
      remotes.keySet().stream()
          .filter(known -> known.name().equals(name) && !known.equals(remote))
          .toList()
          .forEach(old -> closeRemote(old));
      return remotes.computeIfAbsent(remote, Peers::peer);
    }
  }

  private void closeRemote(Remote remote) {
    Peer peer = remotes.remove(remote);
    if (peer != null) {
      peer.close();
    }
  }

  private static Peer peer(Remote remote) {
    Fingerprint pin =
        remote
            .fingerprint()
            .orElseThrow(
                () ->
                    BackupException.invalid(
                        "remote '"
                            + remote.name()
                            + "' has no fingerprint, by which alone this node trusts others"));
    return new Peer(
        new PeerConfig(remote.name(), remote.address(), Set.of(pin), remote.authId(), REMOTE_FILE),
        remote::password);
  }

  @Override
  public void close() {
    peers.values().forEach(Peer::close);
    synchronized (remotes) {
      remotes.values().forEach(Peer::close);
      remotes.clear();
    }
  }
}
