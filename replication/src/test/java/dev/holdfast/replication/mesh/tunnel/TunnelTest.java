package dev.holdfast.replication.mesh.tunnel;

import static dev.holdfast.replication.testing.StrictVertx.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: the port that carries the cluster is open to the world, and the cluster trusts whoever
 * reaches it. Caller and answering node in one process, over real TLS; the member is an echo that
 * counts its callers.
 */
class TunnelTest {
  private static final AuthId TOKEN = AuthId.parse("sync@pbs!lyon");
  private static final Secret SECRET = new Secret("5f0c");
  private static final SocketAddress ANY_PORT = SocketAddress.inetSocketAddress(0, "127.0.0.1");
  private static final int READ_MILLIS_MAX = 10_000;

  @RegisterExtension final StrictVertx strict = new StrictVertx();

  private final SecureRandom random = new SecureRandom();
  private final TlsIdentity caller = identity("lyon");
  private final TlsIdentity server = identity("paris");
  private final List<NetSocket> memberCallers = new CopyOnWriteArrayList<>();
  private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(15);

  private final List<Future<Fingerprint>> answers = new CopyOnWriteArrayList<>();
  private @Nullable NetServer member;
  private Set<Fingerprint> pinsOfServer = Set.of(caller.fingerprint());
  private int memberPort;
  private int serverPort;

  private TlsIdentity identity(String name) {
    return TlsIdentity.generate(name, Set.of(), Instant.now(), random);
  }

  @BeforeEach
  void start() {
    Vertx vertx = strict.vertx();
    member = vertx.createNetServer();
    member.connectHandler(
        socket -> {
          memberCallers.add(socket);
          Future<Void> unused = socket.pipeTo(socket);
        });
    memberPort = await(member.listen(ANY_PORT)).actualPort();
    TunnelAcceptor acceptor =
        new TunnelAcceptor(
            vertx,
            server,
            () -> pinsOfServer,
            SocketAddress.inetSocketAddress(memberPort, "127.0.0.1"),
            random);
    HttpServerOptions options = WireServer.options(server, TlsEngine.choose()).setPort(0);
    HttpServer http = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(http, options);
    String credential = "PBSAPIToken=" + TOKEN + ":" + SECRET.reveal();
    http.requestHandler(
        request ->
            answers.add(
                acceptor.upgrade(
                    request,
                    credential.equals(request.getHeader("Authorization")) ? TOKEN : null)));
    serverPort = await(http.listen()).actualPort();
  }

  /** Why the answering node refused its so-manyth caller. */
  private Throwable refusal(int number) {
    awaitAnswers(number + 1);
    return await(answers.get(number).transform(answer -> Future.succeededFuture(answer.cause())));
  }

  private TunnelPeer peer(Secret secret, Fingerprint pin) {
    return new TunnelPeer("paris", "127.0.0.1", serverPort, () -> Set.of(pin), TOKEN, () -> secret);
  }

  private Socket connect(TunnelPeer peer, TlsIdentity as) throws Exception {
    int port = await(new TunnelListener(strict.vertx(), peer, as).listen(ANY_PORT));
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(READ_MILLIS_MAX);
    return socket;
  }

  private Kind dialError(TunnelPeer peer, TlsIdentity as) {
    try (TunnelDialer dialer = new TunnelDialer(strict.vertx(), peer, as)) {
      await(dialer.open());
      throw new AssertionError("the tunnel opened");
    } catch (BackupException refused) {
      return refused.kind();
    }
  }

  @Test
  void bytesCrossUnchangedBothWays() throws Exception {
    long seed = random.nextLong();
    byte[] sent = new byte[8 << 20];
    new Random(seed).nextBytes(sent);
    try (Socket socket = connect(peer(SECRET, server.fingerprint()), caller)) {
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      socket.getOutputStream().write(sent);
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      byte[] back = new byte[sent.length];
      new DataInputStream(socket.getInputStream()).readFully(back);
      writer.join();
      assertThat(back).as("seed " + seed).isEqualTo(sent);
    }
    awaitAnswers(1);
    assertThat(await(answers.getFirst())).isEqualTo(caller.fingerprint());
  }

  @Test
  void endOfTheMemberEndsTheCaller() throws Exception {
    try (Socket socket = connect(peer(SECRET, server.fingerprint()), caller)) {
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);
      await(memberCallers.getFirst().close());
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void endOfTheCallerEndsTheConnectionToTheMember() throws Exception {
    try (Socket socket = connect(peer(SECRET, server.fingerprint()), caller)) {
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);
      Future<Void> ended = Future.future(p -> memberCallers.getFirst().closeHandler(p::complete));
      socket.shutdownOutput();
      await(ended);
    }
  }

  @Test
  void serverWithAnotherCertificateGetsNothing() throws Exception {
    Fingerprint other = identity("evil").fingerprint();
    assertThat(dialError(peer(SECRET, other), caller)).isEqualTo(Kind.PEER_UNTRUSTED);
    assertThat(answers).as("not even the token").isEmpty();
    try (Socket socket = connect(peer(SECRET, other), caller)) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(memberCallers).isEmpty();
  }

  @Test
  void callerWithoutAGoodTokenIsRefused() {
    assertThat(dialError(peer(new Secret("wrong"), server.fingerprint()), caller))
        .isEqualTo(Kind.UNAUTHENTICATED);
    assertThat(memberCallers).isEmpty();
  }

  @Test
  void callerWhoseCertificateIsNotPinnedIsRefused() {
    assertThat(dialError(peer(SECRET, server.fingerprint()), identity("evil")))
        .isEqualTo(Kind.PEER_UNTRUSTED);
    assertThat(refusal(0)).hasMessageContaining("not the fingerprint of any peer");
    assertThat(memberCallers).isEmpty();
  }

  @Test
  void certificateOfAPeerWithoutItsKeyIsRefused(@TempDir Path directory) throws IOException {
    Path key = Files.write(directory.resolve("thief.key"), identity("evil").keyPem());
    Path certificate = Files.write(directory.resolve("caller.pem"), caller.certificatePem());
    TlsIdentity forged = TlsIdentity.load(key, certificate);
    assertThat(forged.fingerprint()).isEqualTo(caller.fingerprint());
    assertThat(dialError(peer(SECRET, server.fingerprint()), forged))
        .isEqualTo(Kind.PEER_UNTRUSTED);
    assertThat(refusal(0)).hasMessageContaining("its signature does not belong");
    assertThat(memberCallers).isEmpty();
  }

  @Test
  void pinTakenAwayHoldsForTheNextTunnel() throws Exception {
    TunnelPeer peer = peer(SECRET, server.fingerprint());
    try (Socket socket = connect(peer, caller)) {
      socket.getOutputStream().write(1);
      assertThat(socket.getInputStream().read()).isEqualTo(1);
      pinsOfServer = Set.of();
      assertThat(dialError(peer, caller)).isEqualTo(Kind.PEER_UNTRUSTED);
    }
  }

  @Test
  void absentMemberIsARefusalAndNoHang() throws Exception {
    await(requireNonNull(member).close());
    assertThat(dialError(peer(SECRET, server.fingerprint()), caller))
        .isEqualTo(Kind.PEER_UNTRUSTED);
    assertThat(refusal(0)).hasMessageContaining("no member listens");
  }

  @Test
  void otherUpgradeAndPlainRequestsAreRefused() throws Exception {
    assertThat(rawRequest("Upgrade: proxmox-backup-protocol-v1\r\n", new byte[0], false))
        .startsWith("HTTP/1.1 400");
    assertThat(rawRequest("", new byte[0], false)).startsWith("HTTP/1.1 400");
    assertThat(memberCallers).isEmpty();
  }

  @Test
  void proofsOfNonsenseAreRefusedAndClosed() throws Exception {
    String upgrade = "Upgrade: holdfast-mesh-v1\r\n";
    byte[] tooLong = {(byte) 0xff, (byte) 0xff, 0, 1};
    byte[] empty = {0, 0, 0, 0};
    byte[] garbage = new byte[4 + 300 + 70];
    garbage[0] = 1; // 256 + 44 bytes of certificate
    garbage[1] = 44;
    garbage[3] = 70;
    for (byte[] proof : List.of(tooLong, empty, garbage)) {
      String answer = rawRequest(upgrade, proof, true);
      assertThat(answer).startsWith("HTTP/1.1 101");
      assertThat(answer.charAt(answer.length() - 1)).isEqualTo((char) TunnelProof.REFUSED);
    }
    awaitAnswers(3);
    assertThat(refusal(2)).hasMessageContaining("not the fingerprint of any peer");
    assertThat(memberCallers).isEmpty();
  }

  /** The caller may see its end before the test's server has written it down. */
  private void awaitAnswers(int count) {
    Await.until(count + " answers", ANSWERED_WITHIN, () -> answers.size() >= count);
    assertThat(answers).hasSize(count);
  }

  /** Sends a request by hand; reads until the server closes, or for the head only. */
  private String rawRequest(String header, byte[] more, boolean toTheEnd) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustsAll()}, random);
    try (Socket socket = context.getSocketFactory().createSocket("127.0.0.1", serverPort)) {
      socket.setSoTimeout(READ_MILLIS_MAX);
      String request =
          "GET /api2/json/mesh/tunnel HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n"
              + header
              + "Authorization: PBSAPIToken="
              + TOKEN
              + ":"
              + SECRET.reveal()
              + "\r\n\r\n";
      // In one write: what comes behind the request must not be lost.
      Buffer all = Buffer.buffer(request).appendBytes(more);
      socket.getOutputStream().write(all.getBytes());
      if (toTheEnd) {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      }
      return new String(socket.getInputStream().readNBytes(12), StandardCharsets.ISO_8859_1);
    }
  }

  /** Only the caller's checks are in question here. */
  private static final class TrustsAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void proofIsGoodForItsNonceAndItsServerOnly() {
    byte[] nonce = new byte[TunnelProof.NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] otherNonce = nonce.clone();
    otherNonce[31] ^= 1;
    byte[] proof = TunnelProof.encode(caller, nonce, server.fingerprint());
    byte[] four = Arrays.copyOf(proof, TunnelProof.LENGTHS_BYTES);
    byte[] body = Arrays.copyOfRange(proof, TunnelProof.LENGTHS_BYTES, proof.length);
    TunnelProof.Lengths lengths = TunnelProof.decodeLengths(four);
    assertThat(lengths.sum()).isEqualTo(body.length);
    Set<Fingerprint> pins = Set.of(caller.fingerprint());
    assertThat(TunnelProof.verify(lengths, body, nonce, server.fingerprint(), pins))
        .isEqualTo(caller.fingerprint());
    assertThatExceptionOfType(BackupException.class)
        .isThrownBy(
            () -> TunnelProof.verify(lengths, body, otherNonce, server.fingerprint(), pins));
    assertThatExceptionOfType(BackupException.class)
        .isThrownBy(() -> TunnelProof.verify(lengths, body, nonce, caller.fingerprint(), pins));
  }
}
