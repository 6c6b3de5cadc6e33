package dev.holdfast.replication.mesh.tunnel;

import dev.holdfast.replication.wire.TlsIdentity;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands for a remote member: listens on its virtual address and carries each connection through a
 * tunnel to the peer. It is a loopback address, so only programs of this host can use it; what they
 * then need to be taken for a member is the secret of the mesh.
 */
public final class TunnelListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelListener.class);

  private final TunnelPeer peer;
  private final TunnelDialer dialer;
  private final NetServer server;
  private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();

  /** So that a peer that stays away is one line of log, not one per attempt. */
  private final AtomicBoolean failing = new AtomicBoolean();

  private volatile boolean closed;

  public TunnelListener(Vertx vertx, TunnelPeer peer, TlsIdentity identity) {
    this.peer = peer;
    this.dialer = new TunnelDialer(vertx, peer, identity);
    this.server =
        vertx
            .createNetServer(new NetServerOptions().setTcpNoDelay(true))
            .connectHandler(this::connected);
  }

  /**
   * Begins to listen; the result is the port. Fails when the address is taken, as it is while
   * another node of this host listens for it.
   */
  public Future<Integer> listen(SocketAddress address) {
    return server.listen(address).map(NetServer::actualPort);
  }

  private void connected(NetSocket local) {
    local.pause();
    if (closed) {
      TunnelPipe.close(local);
      return;
    }
    open.add(local);
    local.closeHandler(gone -> open.remove(local));
    dialer
        .open()
        .onSuccess(
            tunnel -> {
              if (failing.getAndSet(false)) {
                LOG.info("tunnels to {} open again", peer.name());
              }
              TunnelPipe.join(local, Buffer.buffer(), tunnel.socket(), tunnel.first())
                  .onComplete(ended -> open.remove(local));
            })
        .onFailure(
            cause -> {
              if (!failing.getAndSet(true)) {
                LOG.warn("no tunnel to {}: {}", peer.name(), cause.getMessage());
              }
              TunnelPipe.close(local);
            });
  }

  /** Ends listening and all tunnels. */
  @Override
  public void close() {
    closed = true;
    server.close().onFailure(cause -> LOG.debug("closing the listener: {}", cause.toString()));
    open.forEach(TunnelPipe::close);
    dialer.close();
  }
}
