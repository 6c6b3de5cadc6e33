package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import io.vertx.core.Future;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: everything that crosses between sites goes through this. Both roles against each other
 * over real TLS on loopback, with each TLS engine that the platform has.
 */
@ParameterizedClass
@MethodSource("engines")
class WireTest {
  private static final byte[] NONE = new byte[0];

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final TlsEngine engine;
  private final WireEcho server;
  private final WireClient client;

  WireTest(TlsEngine engine) {
    this.engine = engine;
    server = new WireEcho(VERTX.vertx(), engine, WireSettings.DEFAULT);
    client = client(PinnedTrust.of(server.identity().fingerprint()));
  }

  static Stream<TlsEngine> engines() {
    return Stream.of(TlsEngine.values()).filter(TlsEngine::available);
  }

  private WireClient client(PinnedTrust trust) {
    return new WireClient(
        VERTX.vertx(), trust, WireSettings.DEFAULT, engine, WireClient.ANSWER_TIMEOUT);
  }

  @AfterEach
  void stop() {
    server.release();
    client.close();
    server.close();
  }

  private WireSession open() {
    return StrictVertx.await(
        client.open("127.0.0.1", server.port(), "//session", WireEcho.PROTOCOL, Map.of()));
  }

  private static WireResponse get(WireSession session, String path) {
    return StrictVertx.await(session.request("GET", path, 64 * 1024 * 1024));
  }

  private static Future<WireResponse> post(WireSession session, String path, byte[] body) {
    return session.request("POST", path, null, body, 0, body.length, 64 * 1024 * 1024);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        0,
        1,
        64 * 1024 - 1,
        64 * 1024,
        64 * 1024 + 1,
        4 * 1024 * 1024,
        16 * 1024 * 1024 + 44
      })
  void bodiesOfAllSizesComeBackAsTheyWere(int bytes) {
    byte[] body = new byte[bytes];
    new Random(bytes).nextBytes(body);
    WireResponse answer = StrictVertx.await(post(open(), "/echo", body));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(body);
  }

  @Test
  void aPartOfAnArrayIsSent() {
    byte[] body = {1, 2, 3, 4, 5};
    WireResponse answer = StrictVertx.await(open().request("POST", "/echo", null, body, 1, 3, 100));
    assertThat(answer.body()).containsExactly(2, 3, 4);
  }

  @Test
  void pathsAreFoldedAndQueriesLeftAlone() {
    WireSession session = open();
    assertThat(get(session, "//head/?a=%2F&b=//").text())
        .isEqualTo("GET /head [a=%2F&b=//] application/x-www-form-urlencoded");
    assertThat(get(session, "/nothing//here").text()).isEqualTo("Path '/nothing/here' not found.");
    assertThat(get(session, "/nothing//here").contentType())
        .isEqualTo("application/json;charset=UTF-8");
  }

  @Test
  void anErrorAnswerLeavesTheSessionUsable() {
    WireSession session = open();
    assertThat(get(session, "/missing").status()).isEqualTo(404);
    assertThat(get(session, "/bytes?7").body()).hasSize(7);
  }

  @Test
  void aHundredRequestsAtOnceAreAllAnsweredAndSixteenHeldAtMost() throws InterruptedException {
    WireSession session = open();
    List<Future<WireResponse>> answers = new ArrayList<>();
    byte[] body = new byte[100_000];
    for (int i = 0; i < 100; i++) {
      answers.add(post(session, i < 32 ? "/hold" : "/echo", body));
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (server.holding() < 16 && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(server.holding()).isEqualTo(16);
    // The second sixteen come as the first go.
    while (!answers.stream().allMatch(Future::isComplete) && System.nanoTime() < deadline) {
      server.release();
      Thread.onSpinWait();
    }
    assertThat(answers).allMatch(answer -> answer.succeeded() && answer.result().ok());
    assertThat(server.holdingMost()).isEqualTo(16);
  }

  @Test
  void aBodyOverItsLimitFailsAtOnceAndTheSessionGoesOn() throws InterruptedException {
    WireSession session = open();
    for (int i = 0; i < 10; i++) {
      // Ten times 8 MiB of dropped bytes are more than the windows: they must have been returned.
      WireResponse answer = StrictVertx.await(post(session, "/limit?1000", new byte[8 << 20]));
      assertThat(answer.status()).isEqualTo(400);
      Throwable failure = server.bodyFailures().poll(10, TimeUnit.SECONDS);
      assertThat(WireExchange.isOverflow(failure)).isTrue();
      assertThat(WireEcho.failure(failure).kind()).isEqualTo(Kind.INVALID_INPUT);
    }
    assertThat(StrictVertx.await(post(session, "/limit?1000", new byte[1000])).text())
        .isEqualTo("got 1000");
    assertThat(StrictVertx.await(post(session, "/limit?1000", new byte[999])).text())
        .isEqualTo("got 999");
  }

  @Test
  void anAnswerOverItsLimitFailsAndTheSessionGoesOn() {
    WireSession session = open();
    Throwable thrown =
        catchThrowable(() -> StrictVertx.await(session.request("GET", "/bytes?1000", 999)));
    assertThat(WireEcho.failure(thrown).kind()).isEqualTo(Kind.CORRUPT_DATA);
    assertThat(thrown).hasMessageContaining("GET /bytes with more than 999 bytes");
    assertThat(get(session, "/bytes?5").body()).hasSize(5);
  }

  @Test
  void aCleanEndHasNoCause() throws InterruptedException {
    WireSession session = open();
    assertThat(get(session, "/bytes?5").ok()).isTrue();
    session.close();
    assertThat(server.closed().poll(10, TimeUnit.SECONDS)).isEmpty();
    StrictVertx.await(session.closed());
    Throwable late = catchThrowable(() -> get(session, "/bytes?5"));
    assertThat(WireEcho.failure(late).kind()).isEqualTo(Kind.CANCELLED);
  }

  @Test
  void closingFailsWhatIsPendingOnBothSides() throws InterruptedException {
    WireSession session = open();
    Future<WireResponse> sent = post(session, "/hold", NONE);
    List<Future<WireResponse>> queued = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      queued.add(post(session, "/hold", NONE));
    }
    session.close();
    assertThat(WireEcho.failure(catchThrowable(() -> StrictVertx.await(sent))).kind())
        .isIn(Kind.CANCELLED, Kind.PEER_UNREACHABLE);
    for (Future<WireResponse> one : queued) {
      assertThat(catchThrowable(() -> StrictVertx.await(one))).isInstanceOf(BackupException.class);
    }
  }

  @Test
  void theServerMayCloseASession() throws InterruptedException {
    WireSession session = open();
    Future<WireResponse> pending = post(session, "/hold", NONE);
    WireConnection connection = server.connections().poll(10, TimeUnit.SECONDS);
    assertThat(connection).isNotNull();
    assertThat(connection.remoteAddress()).isEqualTo("127.0.0.1");
    connection.close();
    Throwable thrown = catchThrowable(() -> StrictVertx.await(pending));
    assertThat(WireEcho.failure(thrown).kind()).isEqualTo(Kind.PEER_UNREACHABLE);
    assertThat(server.closed().poll(10, TimeUnit.SECONDS)).isEmpty();
    StrictVertx.await(session.closed());
  }

  @Test
  void anUpgradeThatIsRefusedCarriesTheServersText() {
    Throwable thrown =
        catchThrowable(
            () ->
                StrictVertx.await(
                    client.open("127.0.0.1", server.port(), "/session", "wrong", Map.of())));
    assertThat(thrown).hasMessage("invalid protocol name");
    assertThat(WireEcho.failure(thrown).kind()).isEqualTo(Kind.INVALID_INPUT);
  }

  @Test
  void a200IsNoUpgrade() {
    Throwable thrown =
        catchThrowable(
            () ->
                StrictVertx.await(
                    client.open(
                        "127.0.0.1", server.port(), "/other", WireEcho.PROTOCOL, Map.of())));
    assertThat(thrown).hasMessage("server answered 200 to an upgrade, expected 101");
  }

  @Test
  void aWrongPinNamesBothFingerprints() {
    var expected = dev.holdfast.chunkstore.model.Fingerprint.ofDer(new byte[] {1});
    WireClient stranger = client(PinnedTrust.of(expected));
    Throwable thrown =
        catchThrowable(
            () ->
                StrictVertx.await(
                    stranger.open(
                        "127.0.0.1", server.port(), "/session", WireEcho.PROTOCOL, Map.of())));
    stranger.close();
    assertThat(WireEcho.failure(thrown).kind()).isEqualTo(Kind.PEER_UNTRUSTED);
    assertThat(thrown)
        .hasMessage(
            "127.0.0.1:"
                + server.port()
                + ": wrong certificate: found fingerprint "
                + server.identity().fingerprint()
                + ", expected "
                + expected);
  }

  @Test
  void aClosedPortIsUnreachableByName() throws IOException {
    int port;
    try (ServerSocket gone = new ServerSocket(0)) {
      port = gone.getLocalPort();
    }
    Throwable thrown =
        catchThrowable(
            () ->
                StrictVertx.await(
                    client.open("127.0.0.1", port, "/session", WireEcho.PROTOCOL, Map.of())));
    assertThat(WireEcho.failure(thrown).kind()).isEqualTo(Kind.PEER_UNREACHABLE);
    assertThat(thrown).hasMessageContaining("cannot reach 127.0.0.1:" + port);
    assertThat(thrown).hasMessageContaining("refused");
  }
}
