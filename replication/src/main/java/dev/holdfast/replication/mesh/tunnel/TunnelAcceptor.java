package dev.holdfast.replication.mesh.tunnel;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answering end of tunnels: upgrades {@code GET …/mesh/tunnel}, checks the caller's proof
 * ({@link TunnelProof}) and joins the connection to the member of this node. Nothing reaches the
 * member, and nothing of it leaves, before the proof is good.
 */
public final class TunnelAcceptor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelAcceptor.class);

  /** What a caller asks the upgrade for, in the {@code Upgrade} header. */
  public static final String PROTOCOL = TunnelProof.PROTOCOL;

  /** A member has one connection per other member and a few while joining. */
  private static final int TUNNELS_MAX = 64;

  /** From the 101 to the proof; two round trips on a bad line. */
  static final Duration PROOF_TIME_MAX = Duration.ofSeconds(10);

  private static final int CONNECT_MILLIS_MAX = 3000;

  private final Vertx vertx;
  private final TlsIdentity identity;
  private final Supplier<Set<Fingerprint>> pins;
  private final SocketAddress member;
  private final SecureRandom random;
  // Held in a field: a client that nobody references is closed by the garbage collector, with its
  // connections (prototypes.md §2).
  private final NetClient toMember;
  private final Set<NetSocket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param identity whose certificate the TLS port shows
   * @param pins fingerprints of all peers, asked for each caller
   * @param member where the cluster member of this node listens
   */
  public TunnelAcceptor(
      Vertx vertx,
      TlsIdentity identity,
      Supplier<Set<Fingerprint>> pins,
      SocketAddress member,
      SecureRandom random) {
    this.vertx = vertx;
    this.identity = identity;
    this.pins = pins;
    this.member = member;
    this.random = random;
    this.toMember =
        vertx.createNetClient(
            new NetClientOptions().setConnectTimeout(CONNECT_MILLIS_MAX).setTcpNoDelay(true));
  }

  /**
   * Answers an upgrade request, from any thread. Without a token it answers 401, without the right
   * {@code Upgrade} header 400, when there are too many tunnels or after {@link #close} 503.
   *
   * @param caller who the {@code Authorization} header proved to be; null when it proved nobody
   * @return fails when it was refused; succeeds when the bytes flow
   */
  public Future<Fingerprint> upgrade(HttpServerRequest request, @Nullable AuthId caller) {
    String asked = request.getHeader(HttpHeaders.UPGRADE);
    if (caller == null || !caller.isToken()) {
      return refuse(request, 401, Kind.UNAUTHENTICATED, "a tunnel needs an API token");
    }
    if (asked == null || !asked.equalsIgnoreCase(PROTOCOL)) {
      return refuse(
          request,
          400,
          Kind.INVALID_INPUT,
          "invalid upgrade '" + asked + "': expected '" + PROTOCOL + "'");
    }
    if (closed || open.size() >= TUNNELS_MAX) {
      return refuse(request, 503, Kind.LOCKED, "no more than " + TUNNELS_MAX + " tunnels");
    }
    Promise<Fingerprint> proved = Promise.promise();
    return WireServer.upgradeRaw(
            request, PROTOCOL, socket -> accept(socket, caller).onComplete(proved))
        .compose(upgraded -> proved.future());
  }

  private static Future<Fingerprint> refuse(
      HttpServerRequest request, int status, Kind kind, String text) {
    return request
        .response()
        .setStatusCode(status)
        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
        .end(text)
        .transform(sent -> Future.failedFuture(new BackupException(kind, text)));
  }

  /**
   * Takes a connection right after its upgrade, on its event loop.
   *
   * @param caller the token that opened it
   */
  public Future<Fingerprint> accept(NetSocket socket, AuthId caller) {
    open.add(socket);
    SocketReader reader = new SocketReader(socket);
    byte[] nonce = new byte[TunnelProof.NONCE_BYTES];
    random.nextBytes(nonce);
    long timer = vertx.setTimer(PROOF_TIME_MAX.toMillis(), late -> TunnelPipe.close(socket));
    Future<Fingerprint> proved =
        socket
            .write(Buffer.buffer(nonce))
            .compose(sent -> reader.exactly(TunnelProof.LENGTHS_BYTES))
            .map(four -> TunnelProof.decodeLengths(four.getBytes()))
            .compose(
                lengths ->
                    reader
                        .exactly(lengths.sum())
                        .compose(body -> verify(lengths, body.getBytes(), nonce)));
    return proved
        .onComplete(done -> vertx.cancelTimer(timer))
        .compose(fingerprint -> joinMember(socket, reader).map(joined -> fingerprint))
        .onFailure(
            cause -> {
              open.remove(socket);
              LOG.warn(
                  "a tunnel from {} with token {} was refused: {}",
                  socket.remoteAddress(),
                  caller,
                  cause.getMessage());
              socket
                  .write(Buffer.buffer(new byte[] {TunnelProof.REFUSED}))
                  .onComplete(sent -> TunnelPipe.close(socket));
            });
  }

  private Future<Fingerprint> verify(TunnelProof.Lengths lengths, byte[] body, byte[] nonce) {
    return vertx.executeBlocking(
        () -> TunnelProof.verify(lengths, body, nonce, identity.fingerprint(), pins.get()));
  }

  private Future<Void> joinMember(NetSocket socket, SocketReader reader) {
    return toMember
        .connect(member)
        .recover(
            cause ->
                Future.failedFuture(
                    new BackupException(
                        Kind.PEER_UNREACHABLE, "no member listens at " + member, cause)))
        .compose(
            local -> {
              local.pause();
              return socket
                  .write(Buffer.buffer(new byte[] {TunnelProof.WELCOME}))
                  .onFailure(cause -> TunnelPipe.close(local))
                  .onSuccess(
                      sent ->
                          TunnelPipe.join(socket, reader.release(), local, Buffer.buffer())
                              .onComplete(ended -> open.remove(socket)));
            });
  }

  /** Ends all tunnels and takes no more. */
  @Override
  public void close() {
    closed = true;
    open.forEach(TunnelPipe::close);
    toMember.close().onFailure(cause -> LOG.debug("closing the client: {}", cause.toString()));
  }
}
