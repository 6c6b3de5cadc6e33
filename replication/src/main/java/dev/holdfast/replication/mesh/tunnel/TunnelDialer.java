package dev.holdfast.replication.mesh.tunnel;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.TlsPolicy;
import dev.holdfast.replication.wire.WireErrors;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The calling end of tunnels to one peer. */
final class TunnelDialer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelDialer.class);

  static final String PATH = "/api2/json/mesh/tunnel";

  /** From the first packet to the welcome. */
  private static final Duration DIAL_TIME_MAX = Duration.ofSeconds(10);

  private static final int CONNECT_MILLIS_MAX = 5000;

  /** As for any other answer (WireSettings). */
  private static final int HEAD_BYTES_MAX = 16 * 1024;

  private final Vertx vertx;
  private final TunnelPeer peer;
  private final TlsIdentity identity;
  private final PinnedTrust trust;
  // In a field, against the garbage collector (prototypes.md §2).
  private final NetClient client;

  /** A tunnel that is open: paused, with what was read too far. */
  record Opened(NetSocket socket, Buffer first) {}

  TunnelDialer(Vertx vertx, TunnelPeer peer, TlsIdentity identity) {
    this.vertx = vertx;
    this.peer = peer;
    this.identity = identity;
    this.trust = new PinnedTrust(peer.pins());
    this.client =
        vertx.createNetClient(
            TlsPolicy.apply(new NetClientOptions(), TlsEngine.choose().options())
                .setConnectTimeout(CONNECT_MILLIS_MAX)
                .setTcpNoDelay(true)
                .setSslHandshakeTimeout(CONNECT_MILLIS_MAX)
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
                // The pin decides; names in certificates do not matter.
                .setHostnameVerificationAlgorithm("")
                .setTrustOptions(trust.trustOptions()));
  }

  Future<Opened> open() {
    return client
        .connect(peer.port(), peer.host())
        .compose(this::begin)
        .recover(cause -> Future.failedFuture(WireErrors.ofFailure(name(), cause)));
  }

  private Future<Opened> begin(NetSocket socket) {
    SocketReader reader = new SocketReader(socket);
    long timer = vertx.setTimer(DIAL_TIME_MAX.toMillis(), late -> TunnelPipe.close(socket));
    return Future.succeededFuture()
        .map(ignored -> shownPin(socket))
        .compose(
            server ->
                socket
                    .write(request())
                    .compose(sent -> reader.head(HEAD_BYTES_MAX))
                    .compose(head -> upgraded(head.toString(StandardCharsets.ISO_8859_1)))
                    .compose(upgraded -> reader.exactly(TunnelProof.NONCE_BYTES))
                    .compose(nonce -> proof(nonce.getBytes(), server))
                    .compose(proof -> socket.write(Buffer.buffer(proof)))
                    .compose(sent -> reader.exactly(1))
                    .compose(this::verdict))
        .map(welcome -> new Opened(socket, reader.release()))
        .onComplete(done -> vertx.cancelTimer(timer))
        .onFailure(cause -> TunnelPipe.close(socket));
  }

  /** Checked once more, so that a resumed TLS session does not outlive its pin. */
  private Fingerprint shownPin(NetSocket socket) {
    try {
      List<Certificate> chain = socket.peerCertificates();
      trust.check(chain);
      return Fingerprint.ofDer(chain.getFirst().getEncoded());
    } catch (SSLPeerUnverifiedException | CertificateEncodingException e) {
      throw new BackupException(
          Kind.PEER_UNTRUSTED, "peer " + peer.name() + " shows no certificate", e);
    }
  }

  private Buffer request() {
    return Buffer.buffer(
        "GET "
            + PATH
            + " HTTP/1.1\r\nHost: "
            + peer.host()
            + ":"
            + peer.port()
            + "\r\nConnection: upgrade\r\nUpgrade: "
            + TunnelProof.PROTOCOL
            + "\r\nAuthorization: PBSAPIToken="
            + peer.token()
            + ":"
            + peer.tokenSecret().get().reveal()
            + "\r\n\r\n");
  }

  private Future<Void> upgraded(String head) {
    String statusLine = head.substring(0, head.indexOf("\r\n"));
    if (statusLine.startsWith("HTTP/1.1 101")) {
      return Future.succeededFuture();
    }
    Kind kind =
        switch (statusLine.replaceFirst("HTTP/1\\.[01] ", "").replaceFirst(" .*", "")) {
          case "401" -> Kind.UNAUTHENTICATED;
          case "403" -> Kind.PERMISSION;
          case "404" -> Kind.NOT_FOUND;
          default -> Kind.PEER_UNREACHABLE;
        };
    return Future.failedFuture(
        new BackupException(kind, "peer " + peer.name() + " refuses the tunnel: " + statusLine));
  }

  private Future<byte[]> proof(byte[] nonce, Fingerprint server) {
    return vertx.executeBlocking(() -> TunnelProof.encode(identity, nonce, server));
  }

  private Future<Void> verdict(Buffer one) {
    return one.getByte(0) == TunnelProof.WELCOME
        ? Future.succeededFuture()
        : Future.failedFuture(
            new BackupException(
                    Kind.PEER_UNTRUSTED,
                    "peer "
                        + peer.name()
                        + " refuses this node's proof, or has no member: its log says why")
                .advise("Compare its fingerprint of this node with 'holdfast cert info' here."));
  }

  private String name() {
    return "peer " + peer.name() + " (" + peer.host() + ":" + peer.port() + ")";
  }

  @Override
  public void close() {
    client.close().onFailure(cause -> LOG.debug("closing the client: {}", cause.toString()));
  }
}
