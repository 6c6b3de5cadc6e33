package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * At stake: a client that asks for a whole archive at once and takes none of it holds its share of
 * memory and files and no more, gives it back when it goes, and keeps nobody else waiting.
 */
final class AnswerRoomTest {
  private static final int BLOCK_BYTES = 256 * 1024;
  private static final int ANSWER_BYTES = 4 * BLOCK_BYTES + 1;
  private static final int MEMORY_BLOCKS = 4;
  private static final int SHARE_BLOCKS = 2;
  private static final Duration SOON = Duration.ofSeconds(60);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final BodyMemory memory =
      new BodyMemory(MEMORY_BLOCKS * BLOCK_BYTES, SHARE_BLOCKS * BLOCK_BYTES);
  private final WireEcho server =
      new WireEcho(VERTX.vertx(), TlsEngine.choose(), WireSettings.READER, memory);
  private final WireClient client =
      new WireClient(
          VERTX.vertx(),
          PinnedTrust.of(server.identity().fingerprint()),
          WireSettings.DEFAULT,
          TlsEngine.choose(),
          WireClient.ANSWER_TIMEOUT);
  private final ExecutorService workers = Executors.newFixedThreadPool(2);
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger openMost = new AtomicInteger();

  AnswerRoomTest() {
    server.on("/chunk", answering(ANSWER_BYTES, ANSWER_BYTES));
    server.on("/cut", answering(ANSWER_BYTES, ANSWER_BYTES - 1));
  }

  private WireHandler answering(long announced, int bytes) {
    return new WireHandler() {
      @Override
      public void opened(WireConnection connection) {}

      @Override
      public void request(WireExchange exchange) {
        exchange
            .room()
            .onSuccess(
                none ->
                    exchange.stream(
                        200, "application/octet-stream", workers, new Zeros(announced, bytes)));
      }

      @Override
      public void closed(@Nullable Throwable cause) {}
    };
  }

  private final class Zeros implements WireSource {
    private final long announced;
    private int left;

    Zeros(long announced, int bytes) {
      this.announced = announced;
      left = bytes;
      openMost.accumulateAndGet(open.incrementAndGet(), Math::max);
    }

    @Override
    public long bytes() {
      return announced;
    }

    @Override
    public int read(byte[] block) {
      int some = Math.min(left, block.length);
      left -= some;
      return some == 0 ? -1 : some;
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
    workers.shutdownNow();
  }

  private WireSession session() {
    return StrictVertx.await(
        client.open("127.0.0.1", server.port(), "/session", WireEcho.PROTOCOL, Map.of()));
  }

  private RawTls stuck() throws Exception {
    RawTls session = RawTls.connect(server.port());
    session
        .text(
            "GET /session HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: "
                + WireEcho.PROTOCOL
                + "\r\n\r\n")
        .send();
    assertThat(session.readHead()).startsWith("HTTP/1.1 101 ");
    session.preface();
    for (int stream = 1; stream < 200; stream += 2) {
      session.request(stream, "GET", "/chunk", true);
    }
    session.send();
    return session;
  }

  private void awaitNothingHeld() {
    Await.until("everything is given back", SOON, () -> memory.usedBytes() == 0 && open.get() == 0);
    assertThat(memory.waitingBodies()).isZero();
  }

  @Test
  void manyAnswersAtOnceAreWholeWithinTheMemory() {
    List<Future<WireResponse>> asked = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      WireSession session = session();
      for (int k = 0; k < 20; k++) {
        asked.add(session.request("GET", "/chunk", ANSWER_BYTES));
      }
    }
    for (Future<WireResponse> answer : asked) {
      assertThat(StrictVertx.await(answer).body()).hasSize(ANSWER_BYTES);
    }
    // A source is closed when all is read, its room is free when all is sent.
    assertThat(openMost.get()).isLessThanOrEqualTo(MEMORY_BLOCKS);
    awaitNothingHeld();
  }

  @Test
  void whoTakesNothingHoldsHisShareAndKeepsNobodyWaiting() throws Exception {
    try (RawTls stuck = stuck()) {
      Await.until("it waits", SOON, () -> memory.waitingBodies() == 100 - SHARE_BLOCKS);
      WireSession other = session();
      for (int i = 0; i < 10; i++) {
        assertThat(StrictVertx.await(other.request("GET", "/chunk", ANSWER_BYTES)).body())
            .hasSize(ANSWER_BYTES);
      }
      assertThat(memory.waitingBodies()).isEqualTo(100 - SHARE_BLOCKS);
      stuck.cut();
    }
    awaitNothingHeld();
  }

  @Test
  void answerThatEndsBeforeItsAnnouncedLengthIsNoAnswer() {
    assertThatExceptionOfType(BackupException.class)
        .isThrownBy(() -> StrictVertx.await(session().request("GET", "/cut", ANSWER_BYTES)))
        .withMessageContaining("cancelled");
    awaitNothingHeld();
  }
}
