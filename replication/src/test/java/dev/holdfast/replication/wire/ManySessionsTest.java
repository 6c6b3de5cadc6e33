package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import io.vertx.core.Future;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * At stake: a disk that is slower than all clients together fills no heap, since clients are held
 * up instead, each on its own streams; and whoever goes away or stops in the middle leaves the
 * others their room. The test is the disk: it says when a body is stored.
 */
final class ManySessionsTest {
  private static final int SESSIONS = 64;
  private static final int BODY_BYTES = 512 * 1024;
  private static final int BODIES_EACH = 3;
  private static final int MEMORY_BYTES = 8 * BODY_BYTES;
  private static final int SHARE_BYTES = 2 * BODY_BYTES;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String UPGRADE =
      "GET /session HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: "
          + WireEcho.PROTOCOL
          + "\r\n\r\n";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private record Stored(WireExchange exchange, int bytes, boolean ofOneSender) {
    void answer() {
      exchange.answer(200, null, new byte[0]);
    }
  }

  private final BodyMemory memory = new BodyMemory(MEMORY_BYTES, SHARE_BYTES);
  private final WireEcho server =
      new WireEcho(VERTX.vertx(), TlsEngine.choose(), WireSettings.DEFAULT, memory);
  private final WireEcho impatient =
      new WireEcho(
          VERTX.vertx(),
          TlsEngine.choose(),
          WireSettings.DEFAULT.withBodyStillMax(Duration.ofMillis(50)),
          memory);
  private final WireClient client =
      new WireClient(
          VERTX.vertx(),
          PinnedTrust.of(server.identity().fingerprint()),
          WireSettings.DEFAULT,
          TlsEngine.choose(),
          WireClient.ANSWER_TIMEOUT);
  private final BlockingQueue<Stored> disk = new LinkedBlockingQueue<>();
  private final AtomicLong bodiesHeld = new AtomicLong();
  private final AtomicInteger number = new AtomicInteger();

  ManySessionsTest() {
    server.on("/chunk", new Chunks());
    impatient.on("/chunk", new Chunks());
  }

  private final class Chunks implements WireHandler {
    @Override
    public void opened(WireConnection connection) {}

    @Override
    public void request(WireExchange exchange) {
      exchange
          .body(BODY_BYTES, BODY_BYTES)
          .onSuccess(
              whole -> {
                bodiesHeld.incrementAndGet();
                disk.add(new Stored(exchange, whole.length(), uniform(whole.bytes())));
              })
          .onFailure(lost -> exchange.answer(400, null, new byte[0]));
    }

    @Override
    public void closed(@Nullable Throwable cause) {}
  }

  private static boolean uniform(byte[] body) {
    return Arrays.mismatch(body, 1, body.length, body, 0, body.length - 1) < 0;
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    impatient.close();
  }

  private WireSession open() {
    return StrictVertx.await(
        client.open("127.0.0.1", server.port(), "/session", WireEcho.PROTOCOL, Map.of()));
  }

  private List<Future<WireResponse>> send(WireSession session, int bodies) {
    List<Future<WireResponse>> sent = new ArrayList<>();
    for (int i = 0; i < bodies; i++) {
      byte[] body = new byte[BODY_BYTES];
      Arrays.fill(body, (byte) number.incrementAndGet());
      sent.add(session.request("POST", "/chunk", null, body, 0, body.length));
    }
    return sent;
  }

  private Stored next() throws InterruptedException {
    Stored stored = disk.poll(SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(stored).as("a body in time").isNotNull();
    assertThat(memory.usedBytes()).isLessThanOrEqualTo(MEMORY_BYTES);
    return stored;
  }

  private void awaitNothingHeld() {
    Await.until("everything is given back", SOON, () -> memory.usedBytes() == 0);
    assertThat(memory.waitingBodies()).isZero();
  }

  @Test
  void sixtyFourSessionsAtASlowDiskKeepWithinTheMemory() throws InterruptedException {
    List<Future<WireResponse>> sent = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      sent.addAll(send(open(), BODIES_EACH));
    }
    for (int stored = 0; stored < SESSIONS * BODIES_EACH; stored++) {
      Stored one = next();
      assertThat(one.bytes()).isEqualTo(BODY_BYTES);
      assertThat(one.ofOneSender()).as("bodies keep apart").isTrue();
      // What came whole and is not stored: within the memory, so are those still coming.
      assertThat(bodiesHeld.get()).isLessThanOrEqualTo(MEMORY_BYTES / BODY_BYTES);
      bodiesHeld.decrementAndGet();
      one.answer();
    }
    sent.forEach(answer -> assertThat(StrictVertx.await(answer).status()).isEqualTo(200));
    awaitNothingHeld();
  }

  @Test
  void abortedSessionGivesEverythingBack() throws InterruptedException {
    WireSession aborted = open();
    List<Future<WireResponse>> lost = send(aborted, 12);
    Stored held = next();
    Await.until("others wait", SOON, () -> memory.waitingBodies() > 0);
    aborted.close();
    Await.until("all are told", SOON, () -> lost.stream().allMatch(Future::isComplete));
    held.answer();
    Await.until(
        "everything is given back",
        SOON,
        () -> {
          // What came whole before is the disk's, which gives it back when it is done.
          for (Stored one = disk.poll(); one != null; one = disk.poll()) {
            one.answer();
          }
          return memory.usedBytes() == 0 && memory.waitingBodies() == 0;
        });
  }

  @Test
  void sessionsThatStopInTheMiddleLeaveTheOthersTheirRoom() throws Exception {
    List<RawTls> stuck = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        stuck.add(stopInTheMiddle(server));
      }
      Await.until("each has its share", SOON, () -> memory.usedBytes() == 3L * SHARE_BYTES);
      int waiting = 3 * (16 - SHARE_BYTES / BODY_BYTES);
      Await.until("the others wait", SOON, () -> memory.waitingBodies() == waiting);
      WireSession other = open();
      for (int i = 0; i < 10; i++) {
        Future<WireResponse> sent = send(other, 1).getFirst();
        next().answer();
        assertThat(StrictVertx.await(sent).status()).isEqualTo(200);
      }
    } finally {
      for (RawTls one : stuck) {
        one.cut();
      }
    }
    awaitNothingHeld();
  }

  @Test
  void sessionThatStopsInTheMiddleAndLivesOnKeepsNoRoom() throws Exception {
    try (RawTls stuck = stopInTheMiddle(impatient)) {
      Set<Integer> answered = new HashSet<>();
      while (answered.size() < 16) {
        RawTls.Frame frame = stuck.readFrame();
        if (frame.type() == RawTls.HEADERS) {
          answered.add(frame.stream());
        }
      }
      awaitNothingHeld();
      stuck.frame(RawTls.PING, 0, 0, new byte[8]).send();
      RawTls.Frame last = stuck.readFrame();
      while (last.type() != RawTls.PING) {
        last = stuck.readFrame();
      }
    }
    assertThat(disk).isEmpty();
  }

  /** All its requests are open, and of each body comes a part. */
  private static RawTls stopInTheMiddle(WireEcho server) throws IOException {
    RawTls session = RawTls.connect(server.port());
    session.text(UPGRADE).send();
    assertThat(session.readHead()).startsWith("HTTP/1.1 101 ");
    session.preface().send();
    for (int stream = 1; stream < 32; stream += 2) {
      session.request(stream, "POST", "/chunk", false);
      part(session, stream).send();
    }
    return session;
  }

  /** Two of these are more than half of the first window, 65,535 bytes: reading them would tell. */
  private static RawTls part(RawTls session, int stream) {
    return session
        .frame(RawTls.DATA, 0, stream, new byte[12 * 1024])
        .frame(RawTls.DATA, 0, stream, new byte[12 * 1024]);
  }

  @Test
  void bodyThatIsNotReadYetIsHeldUpAtItsWindow() throws Exception {
    try (RawTls stuck = stopInTheMiddle(server)) {
      Await.until("one waits", SOON, () -> memory.waitingBodies() == 14);
      int waiting = 31; // the last stream asked last
      part(stuck, waiting).frame(RawTls.PING, 0, 0, new byte[8]).send();
      int opened = 0;
      for (RawTls.Frame frame = stuck.readFrame();
          frame.type() != RawTls.PING;
          frame = stuck.readFrame()) {
        opened += frame.type() == RawTls.WINDOW_UPDATE && frame.stream() == waiting ? 1 : 0;
      }
      assertThat(opened).as("updates of the window of a stream that waits").isZero();
    }
    awaitNothingHeld();
  }
}
