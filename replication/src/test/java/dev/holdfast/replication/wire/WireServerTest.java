package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At stake: real clients are not ours. They send the preface before they may, leave out headers,
 * drop connections and stop reading. A hand-written client puts the bytes where it hurts.
 */
@ParameterizedClass
@MethodSource("engines")
class WireServerTest {
  private static final String UPGRADE =
      "GET //session?a=b HTTP/1.1\r\nHost: h\r\nUpgrade: " + WireEcho.PROTOCOL + "\r\n";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final TlsEngine engine;
  private final WireEcho server;
  private final ExecutorService workers = Executors.newSingleThreadExecutor();

  WireServerTest(TlsEngine engine) {
    this.engine = engine;
    server = new WireEcho(VERTX.vertx(), engine, WireSettings.DEFAULT);
  }

  static Stream<TlsEngine> engines() {
    return Stream.of(TlsEngine.values()).filter(TlsEngine::available);
  }

  @AfterEach
  void stop() {
    server.release();
    server.close();
    workers.shutdownNow();
  }

  private RawTls upgraded() throws IOException {
    RawTls client = RawTls.connect(server.port());
    client.text(UPGRADE + "Connection: Upgrade\r\n\r\n").send();
    assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
    return client.preface().send();
  }

  private static void expectAnswer(RawTls client, int stream, String path) throws IOException {
    client.request(stream, "GET", path, true).send();
    client.await(RawTls.HEADERS, stream);
    assertThat(new String(client.await(RawTls.DATA, stream).payload(), StandardCharsets.UTF_8))
        .startsWith("GET /head");
  }

  @Test
  void the101HasTheTwoUpgradeHeadersAndNothingElse() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.text(UPGRADE + "Connection: upgrade\r\n\r\n").send();
      assertThat(client.readHead().lines().filter(line -> !line.isEmpty()))
          .containsExactlyInAnyOrder(
              "HTTP/1.1 101 Switching Protocols",
              "connection: upgrade",
              "upgrade: " + WireEcho.PROTOCOL);
    }
  }

  @Test
  void announcesItsSettings() throws IOException {
    try (RawTls client = upgraded()) {
      RawTls.Frame settings = client.await(RawTls.SETTINGS, 0);
      ByteBuffer pairs = ByteBuffer.wrap(settings.payload());
      StringBuilder text = new StringBuilder();
      while (pairs.hasRemaining()) {
        text.append(pairs.getShort()).append('=').append(pairs.getInt()).append(' ');
      }
      assertThat(text.toString())
          .contains(
              "3=16 ", "4=" + WireExchange.EARLY_BODY_BYTES_MAX + " ", "5=65536 ", "6=65536 ");
    }
  }

  @Test
  void growsTheConnectionWindowBeyondItsFirstSizeByExactlyTheRest() throws IOException {
    try (RawTls client = upgraded()) {
      // The codec grows it once by itself. What was announced before the ping's answer is all.
      client.frame(RawTls.PING, 0, 0, new byte[8]).send();
      int increments = 0;
      RawTls.Frame frame = client.readFrame();
      while (frame.type() != RawTls.PING) {
        if (frame.type() == RawTls.WINDOW_UPDATE && frame.stream() == 0) {
          increments += ByteBuffer.wrap(frame.payload()).getInt();
        }
        frame = client.readFrame();
      }
      assertThat(increments).isEqualTo((32 << 20) - 65_535);
    }
  }

  @Test
  void noByteIsLostWhenThePrefaceComesInTheSameRecordAsTheRequest() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.text(UPGRADE + "\r\n").preface().request(1, "GET", "/head?1", true).send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      assertThat(new String(client.await(RawTls.DATA, 1).payload(), StandardCharsets.UTF_8))
          .isEqualTo("GET /head [1] null");
    }
  }

  @Test
  void noByteIsLostWhenThePrefaceComesInPiecesBeforeThe101() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.text(UPGRADE + "\r\nPRI * HT").send();
      client.text("TP/2.0\r\n\r\nSM").send();
      client
          .text("\r\n\r\n")
          .frame(RawTls.SETTINGS, 0, 0, new byte[0])
          .request(1, "POST", "/echo", false)
          .frame(RawTls.DATA, 0, 1, new byte[10_000])
          .send();
      client.frame(RawTls.DATA, RawTls.END_STREAM, 1, new byte[6_000]).send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      int received = 0;
      RawTls.Frame frame;
      do {
        frame = client.await(RawTls.DATA, 1);
        received += frame.payload().length;
      } while ((frame.flags() & RawTls.END_STREAM) == 0);
      assertThat(received).isEqualTo(16_000);
    }
  }

  @Test
  void neitherHostNorConnectionHeaderIsNeeded() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.text("GET /session HTTP/1.1\r\nupgrade: " + WireEcho.PROTOCOL + "\r\n\r\n").send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      client.preface().send();
      expectAnswer(client, 1, "//head");
    }
  }

  @Test
  void anUpgradeMayFollowOrdinaryRequestsOnItsConnection() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.text("GET /plain HTTP/1.1\r\nHost: h\r\n\r\n").send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readText(12)).isEqualTo("plain /plain");
      client.text(UPGRADE + "\r\n").send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      client.preface().send();
      expectAnswer(client, 1, "/head");
    }
  }

  @Test
  void aRefusedUpgradeLeavesTheConnectionUsableWithWhatWasSentBehindIt() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      // Two refusals, an ordinary request and a good upgrade with its preface, in one record.
      String refused = "GET /session HTTP/1.1\r\nHost: h\r\nUpgrade: other\r\n\r\n";
      client
          .text(refused + refused + "GET /x HTTP/1.1\r\nHost: h\r\n\r\n" + UPGRADE + "\r\n")
          .preface()
          .request(1, "GET", "/head", true)
          .send();
      for (int i = 0; i < 2; i++) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 400 ");
        assertThat(client.readText(21)).isEqualTo("invalid protocol name");
      }
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.readText(8)).isEqualTo("plain /x");
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      assertThat(client.await(RawTls.DATA, 1).payload()).isNotEmpty();
    }
  }

  @Test
  void aResetStreamFailsItsBodyAndNothingElse() throws Exception {
    try (RawTls client = upgraded()) {
      client.request(1, "POST", "/echo", false).frame(RawTls.DATA, 0, 1, new byte[100]).send();
      client.frame(RawTls.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8}).send();
      Throwable failure = server.bodyFailures().poll(10, TimeUnit.SECONDS);
      assertThat(WireEcho.failure(failure).kind()).isEqualTo(Kind.CANCELLED);
      assertThat(failure).hasMessageContaining("CANCEL");
      expectAnswer(client, 3, "/head");
    }
  }

  @Test
  void aLostConnectionFailsTheBodyAndEndsTheSession() throws Exception {
    RawTls client = upgraded();
    expectAnswer(client, 1, "/head");
    client.request(3, "POST", "/echo", false).frame(RawTls.DATA, 0, 3, new byte[100]).send();
    // No close_notify, no FIN: a reset, as from a process that was killed with data unread.
    client.socket().setSoLinger(true, 0);
    client.socket().close();
    Throwable failure = server.bodyFailures().poll(10, TimeUnit.SECONDS);
    assertThat(WireEcho.failure(failure).kind()).isEqualTo(Kind.CANCELLED);
    assertThat(server.closed().poll(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aClientThatJustClosesHasEndedInOrder() throws Exception {
    RawTls client = upgraded();
    expectAnswer(client, 1, "/head");
    client.close();
    assertThat(server.closed().poll(10, TimeUnit.SECONDS)).isEqualTo(Optional.empty());
  }

  @Test
  void aBrokenFrameEndsTheSessionWithItsReason() throws Exception {
    try (RawTls client = upgraded()) {
      // DATA on a stream that was never opened.
      client.frame(RawTls.DATA, 0, 5, new byte[1]).send();
      RawTls.Frame goAway = client.await(RawTls.GOAWAY, 0);
      assertThat(ByteBuffer.wrap(goAway.payload()).getInt(4)).isNotZero();
      Optional<Throwable> cause = server.closed().poll(10, TimeUnit.SECONDS);
      assertThat(cause).isNotNull();
      assertThat(cause.orElseThrow()).hasMessageContaining("protocol error");
    }
  }

  @Test
  void aPeerThatStopsAnsweringIsFoundAndItsSessionEnded() throws Exception {
    try (WireEcho impatient =
            new WireEcho(
                VERTX.vertx(),
                engine,
                WireSettings.DEFAULT.withPingInterval(Duration.ofMillis(50)));
        RawTls client = RawTls.connect(impatient.port())) {
      client.text(UPGRADE + "\r\n").preface().send();
      client.readHead();
      client.await(RawTls.PING, 0);
      // It reads, but says nothing any more.
      client.awaitEnd();
      Optional<Throwable> cause = impatient.closed().poll(10, TimeUnit.SECONDS);
      assertThat(cause).isNotNull();
      assertThat(cause.orElseThrow()).hasMessageContaining("pings unanswered");
    }
  }

  @Test
  void aPeerThatAnswersItsPingsStays() throws Exception {
    try (WireEcho impatient =
            new WireEcho(
                VERTX.vertx(),
                engine,
                WireSettings.DEFAULT.withPingInterval(Duration.ofMillis(20)));
        RawTls client = RawTls.connect(impatient.port())) {
      client.text(UPGRADE + "\r\n").preface().send();
      client.readHead();
      for (int i = 0; i < 10; i++) {
        RawTls.Frame ping = client.await(RawTls.PING, 0);
        client.frame(RawTls.PING, RawTls.ACK, 0, ping.payload()).send();
      }
      assertThat(impatient.closed()).isEmpty();
    }
  }

  @Test
  void aSlowReaderBoundsWhatIsReadAheadForIt() throws Exception {
    AtomicInteger blocks = new AtomicInteger();
    CountDownLatch closed = new CountDownLatch(1);
    server.on("/stream", streaming(blocks, Integer.MAX_VALUE, closed));
    RawTls client = upgraded();
    client.request(1, "GET", "/stream", true).send();
    // Never updates the window of 65,535 bytes; a ping behind the request proves that the server
    // had its turn.
    int received = 0;
    while (received < 65_535) {
      received += client.await(RawTls.DATA, 1).payload().length;
    }
    for (int i = 0; i < 20; i++) {
      client.frame(RawTls.PING, 0, 0, new byte[8]).send();
      client.await(RawTls.PING, 0);
    }
    assertThat(blocks.get()).isBetween(1, 3);
    client.close();
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aStreamedAnswerIsWholeAndClosesItsSource() throws Exception {
    AtomicInteger blocks = new AtomicInteger();
    CountDownLatch closed = new CountDownLatch(1);
    server.on("/stream", streaming(blocks, 40, closed));
    WireClient client =
        new WireClient(
            VERTX.vertx(),
            PinnedTrust.of(server.identity().fingerprint()),
            WireSettings.DEFAULT,
            engine,
            WireClient.ANSWER_TIMEOUT);
    WireSession session =
        StrictVertx.await(
            client.open(
                "127.0.0.1", server.port(), "/session", WireEcho.PROTOCOL, java.util.Map.of()));
    WireResponse answer = StrictVertx.await(session.request("GET", "/stream", 64 << 20));
    assertThat(answer.body()).hasSize(40 * 256 * 1024);
    assertThat(answer.contentType()).isEqualTo("application/octet-stream");
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    client.close();
  }

  private WireHandler streaming(AtomicInteger blocks, int blocksMax, CountDownLatch closed) {
    return new WireHandler() {
      @Override
      public void opened(WireConnection connection) {}

      @Override
      public void request(WireExchange exchange) {
        exchange.stream(
            200,
            "application/octet-stream",
            workers,
            new WireSource() {
              @Override
              public int read(byte[] block) {
                return blocks.incrementAndGet() > blocksMax ? -1 : block.length;
              }

              @Override
              public void close() {
                closed.countDown();
              }
            });
      }

      @Override
      public void closed(@Nullable Throwable cause) {}
    };
  }
}
