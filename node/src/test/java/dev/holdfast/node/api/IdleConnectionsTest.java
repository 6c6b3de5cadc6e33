package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.WireSettings;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Who keeps the listener waiting; the node's own limits are longer. */
@Timeout(30)
class IdleConnectionsTest {
  private static final Duration FIRST_MAX = Duration.ofMillis(400);
  private static final Duration NEXT_MAX = Duration.ofMillis(800);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final IdleConnections idle = new IdleConnections(VERTX.vertx(), FIRST_MAX, NEXT_MAX);
  private final WireEcho server =
      new WireEcho(VERTX.vertx(), TlsEngine.choose(), WireSettings.DEFAULT, idle, idle::began);

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aConnectionThatSaysNothingIsClosed() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.awaitEnd();
    }
  }

  @Test
  void theHeadOfARequestMustNotComeByAndBy() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      client.text("GET /api2/json/version HTTP/1.1\r\nX-Slow: ").send();
      client.awaitEnd();
    }
  }

  @Test
  void aConnectionIsKeptForTheNextRequestAndNotForEver() throws IOException {
    try (RawTls client = RawTls.connect(server.port())) {
      for (int i = 0; i < 2; i++) {
        client.text("GET /plain HTTP/1.1\r\nHost: h\r\n\r\n").send();
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        assertThat(client.readText("plain /plain".length())).isEqualTo("plain /plain");
      }
      client.awaitEnd();
    }
  }

  @Test
  void aSessionMayBeSilentForAsLongAsItWants() throws IOException {
    try (RawTls session = RawTls.connect(server.port());
        RawTls other = RawTls.connect(server.port())) {
      session
          .text("GET /session HTTP/1.1\r\nHost: h\r\nUpgrade: " + WireEcho.PROTOCOL)
          .text("\r\nConnection: Upgrade\r\n\r\n")
          .send();
      assertThat(session.readHead()).startsWith("HTTP/1.1 101 ");
      session.preface().send();
      other.text("GET /plain HTTP/1.1\r\nHost: h\r\n\r\n").send();
      other.awaitEnd(); // began later, and its time is over
      session.request(1, "GET", "/hello", true).send();
      session.await(RawTls.HEADERS, 1);
    }
  }
}
