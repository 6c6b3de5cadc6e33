package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.RawTlsServer;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import io.vertx.core.Future;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * At stake: our side of a conversation with servers that are not ours, that lie, fall silent or die
 * half-way. A hand-written server says what the test wants.
 */
class WireClientTest {
  private static final String SWITCHING =
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private static WireClient client(
      PinnedTrust trust, WireSettings settings, Duration answerTimeout) {
    return new WireClient(VERTX.vertx(), trust, settings, TlsEngine.choose(), answerTimeout);
  }

  private static Future<WireSession> open(WireClient client, int port) {
    return client.open("127.0.0.1", port, "/session?q", "x", Map.of("Authorization", "secret"));
  }

  private static BackupException failureOf(Future<?> future) {
    return WireEcho.failure(catchThrowable(() -> StrictVertx.await(future)));
  }

  /** Runs one connection of a raw server against one attempt of the client. */
  private static BackupException refusedBy(RawTlsServer.Script script) throws Exception {
    try (RawTlsServer server = new RawTlsServer(script);
        WireClient client =
            client(
                PinnedTrust.of(server.fingerprint()),
                WireSettings.DEFAULT,
                Duration.ofMillis(500))) {
      return failureOf(open(client, server.port()));
    }
  }

  @Test
  void statusesBecomeKindsAndTextsBecomeMessages() throws Exception {
    Map<String, Kind> kinds =
        Map.of(
            "401 Unauthorized", Kind.UNAUTHENTICATED,
            "403 Forbidden", Kind.PERMISSION,
            "404 Not Found", Kind.NOT_FOUND,
            "400 Bad Request", Kind.INVALID_INPUT,
            "500 Oh", Kind.INTERNAL);
    for (Map.Entry<String, Kind> one : kinds.entrySet()) {
      BackupException refusal =
          refusedBy(
              peer -> {
                peer.readHead();
                peer.text("HTTP/1.1 " + one.getKey() + "\r\ncontent-length: 8\r\n\r\nthe text")
                    .send();
                peer.awaitEnd();
              });
      assertThat(refusal.kind()).isEqualTo(one.getValue());
      assertThat(refusal).hasMessage("the text");
    }
  }

  @Test
  void aLockedGroupMayBeTriedLater() throws Exception {
    BackupException refusal =
        refusedBy(
            peer -> {
              peer.readHead();
              peer.text(
                      "HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n"
                          + "22\r\n - another backup is already runni\r\n2\r\nng\r\n0\r\n\r\n")
                  .send();
              peer.awaitEnd();
            });
    assertThat(refusal).hasMessage("- another backup is already running");
    assertThat(refusal.kind()).isEqualTo(Kind.LOCKED);
  }

  @Test
  void aPeerThatSpeaksSomethingElseIsUnreachable() throws Exception {
    BackupException refusal = refusedBy(peer -> peer.text("220 smtp ready\r\n\r\n").send());
    assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
  }

  @Test
  void aPeerThatClosesInsteadOfAnsweringIsUnreachable() throws Exception {
    BackupException refusal = refusedBy(RawTls::readHead);
    assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("closed before the answer");
  }

  @Test
  void aPeerThatNeverAnswersIsGivenUp() throws Exception {
    BackupException refusal = refusedBy(RawTls::awaitEnd);
    assertThat(refusal.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
    assertThat(refusal).hasMessageContaining("did not answer within");
  }

  @Test
  void theRequestIsAsServersExpectIt() throws Exception {
    AtomicReference<@Nullable String> head = new AtomicReference<>();
    refusedBy(peer -> head.set(peer.readHead()));
    assertThat(head.get())
        .startsWith("GET /session?q HTTP/1.1\r\n")
        .contains(
            "\r\nUpgrade: x\r\n", "\r\nConnection: upgrade\r\n", "\r\nAuthorization: secret\r\n")
        .containsPattern("\r\nHost: 127\\.0\\.0\\.1:[0-9]+\r\n");
  }

  @Test
  void settingsInTheSameRecordAsThe101AreReadAndAConnectionLostHalfWayFailsItsRequests()
      throws Exception {
    try (RawTlsServer server =
            new RawTlsServer(
                peer -> {
                  peer.readHead();
                  // MAX_CONCURRENT_STREAMS 1
                  peer.text(SWITCHING)
                      .frame(RawTls.SETTINGS, 0, 0, new byte[] {0, 3, 0, 0, 0, 1})
                      .send();
                  assertThat(peer.readText(24)).isEqualTo("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
                  peer.await(RawTls.HEADERS, 3);
                  // Half an answer: 200 with 5 bytes of many.
                  peer.frame(RawTls.HEADERS, RawTls.END_HEADERS, 3, new byte[] {(byte) 0x88})
                      .frame(RawTls.DATA, 0, 3, new byte[5])
                      .send();
                });
        WireClient client =
            client(
                PinnedTrust.of(server.fingerprint()),
                WireSettings.DEFAULT,
                WireClient.ANSWER_TIMEOUT)) {
      WireSession session = StrictVertx.await(open(client, server.port()));
      Future<WireResponse> halfWay = session.request("GET", "/a", 1000);
      Future<WireResponse> waiting = session.request("GET", "/b", 1000);
      BackupException lost = failureOf(halfWay);
      assertThat(lost.kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(lost).hasMessageContaining("127.0.0.1:" + server.port());
      assertThat(failureOf(waiting).kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(failureOf(session.request("GET", "/c", 1000)).kind())
          .isEqualTo(Kind.PEER_UNREACHABLE);
    }
  }

  @Test
  void aSilentServerIsFoundByPings() throws Exception {
    try (RawTlsServer server =
            new RawTlsServer(
                peer -> {
                  peer.readHead();
                  peer.text(SWITCHING).frame(RawTls.SETTINGS, 0, 0, new byte[0]).send();
                  peer.awaitEnd();
                });
        WireClient client =
            client(
                PinnedTrust.of(server.fingerprint()),
                WireSettings.DEFAULT.withPingInterval(Duration.ofMillis(30)),
                WireClient.ANSWER_TIMEOUT)) {
      WireSession session = StrictVertx.await(open(client, server.port()));
      Future<WireResponse> pending = session.request("GET", "/a", 1000);
      assertThat(failureOf(pending).kind()).isEqualTo(Kind.PEER_UNREACHABLE);
      assertThat(failureOf(session.closed())).hasMessageContaining("pings unanswered");
    }
  }

  @Test
  void pinsAreAskedForAtEveryConnection() {
    AtomicReference<Set<Fingerprint>> pins = new AtomicReference<>(Set.of());
    try (WireEcho server = new WireEcho(VERTX.vertx(), TlsEngine.choose(), WireSettings.DEFAULT);
        WireClient client =
            client(new PinnedTrust(pins::get), WireSettings.DEFAULT, WireClient.ANSWER_TIMEOUT)) {
      Fingerprint right = server.identity().fingerprint();
      Fingerprint other = Fingerprint.ofDer(new byte[0]);
      for (int round = 0; round < 2; round++) {
        pins.set(Set.of(other, right));
        StrictVertx.await(echo(client, server)).close();
        pins.set(Set.of(other));
        assertThat(failureOf(echo(client, server)).kind()).isEqualTo(Kind.PEER_UNTRUSTED);
        pins.set(Set.of());
        assertThat(failureOf(echo(client, server)))
            .hasMessageContaining("none is")
            .hasMessageContaining(right.toString());
      }
    }
  }

  @Test
  void aSessionKeepsItsClientFromTheGarbageCollector() throws Exception {
    try (WireEcho server = new WireEcho(VERTX.vertx(), TlsEngine.choose(), WireSettings.DEFAULT)) {
      Future<WireResponse> pending = pendingOnForgottenClient(server);
      // Long enough for a collected client to be seen and closed by its cleaner.
      WeakReference<Object> canary = new WeakReference<>(new Object());
      while (canary.get() != null) {
        System.gc();
      }
      for (int i = 0; i < 3; i++) {
        System.gc();
        StrictVertx.await(VERTX.vertx().timer(100).mapEmpty());
      }
      server.release();
      assertThat(StrictVertx.await(pending).ok()).isTrue();
    }
  }

  private static Future<WireResponse> pendingOnForgottenClient(WireEcho server) throws Exception {
    WireClient forgotten =
        client(
            PinnedTrust.of(server.identity().fingerprint()),
            WireSettings.DEFAULT,
            WireClient.ANSWER_TIMEOUT);
    WireSession session = StrictVertx.await(echo(forgotten, server));
    Future<WireResponse> pending = session.request("POST", "/hold", 100);
    while (server.holding() == 0) {
      Thread.onSpinWait();
    }
    return pending;
  }

  private static Future<WireSession> echo(WireClient client, WireEcho server) {
    return client.open("127.0.0.1", server.port(), "/session", WireEcho.PROTOCOL, Map.of());
  }
}
