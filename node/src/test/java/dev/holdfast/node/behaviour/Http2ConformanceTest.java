package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import io.netty.handler.codec.http2.Http2Error;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * At stake: a peer that breaks the rules of HTTP/2 is told so and harms nobody else. Each case is
 * sent to a reader session of its own; an error has to come with its code, on the stream or for the
 * connection, or the connection ends. In the end the node holds nothing and serves as before.
 */
final class Http2ConformanceTest {
  private static final byte[] MARK = "are you?".getBytes(StandardCharsets.US_ASCII);
  private static final SnapshotId SNAPSHOT = Site.snapshot("web", Site.TIME);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  @SuppressWarnings("NullAway.Init") // set before all
  private static Site site;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
    site.backUp(SNAPSHOT);
  }

  @AfterAll
  static void nothingIsLeftAndBackupsGoOn() throws IOException {
    try (Site ended = site) {
      ended.awaitIdle();
      ended.backUp(Site.snapshot("web", Site.TIME + 1));
      assertThat(ended.snapshots("web")).hasSize(2);
    }
  }

  static Stream<Http2Case> cases() {
    return Stream.of(
            Http2Case.frames(),
            Http2Case.settings(),
            Http2Case.streams(),
            Http2Case.windows(),
            Http2Case.heads())
        .flatMap(List::stream);
  }

  private static RawTls session() throws IOException {
    RawTls tls = RawTls.connect(site.port());
    var answer =
        RawSession.upgrade(
                SessionProbe.readerTarget(Namespace.ROOT, SNAPSHOT),
                RawSession.READER,
                SessionProbe.authorization(site.token))
            .on(tls);
    assertThat(answer.status()).isEqualTo(101);
    return tls;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isAnsweredAsTheRulesWant(Http2Case sent) throws IOException {
    try (RawTls tls = session()) {
      tls.preface().frame(RawTls.SETTINGS, RawTls.ACK, 0, new byte[0]);
      sent.sends().accept(tls);
      try {
        var unused = tls.frame(RawTls.PING, 0, 0, MARK).send();
      } catch (SocketException e) {
        // ended before it had read everything
      }
      Set<Http2Error> codes = sent.codes();
      String verdict = verdict(tls);
      if (codes.isEmpty()) {
        assertThat(verdict).isEqualTo("goes on");
      } else {
        assertThat(verdict)
            .isIn(
                Stream.concat(codes.stream().map(Http2Error::name), Stream.of("closed")).toList());
      }
    }
  }

  /** The code of the first error, or how it went on: errors of streams may come behind a PING. */
  private static String verdict(RawTls tls) throws IOException {
    int marks = 0;
    try {
      while (true) {
        RawTls.Frame frame = tls.readFrame();
        ByteBuffer payload = ByteBuffer.wrap(frame.payload());
        switch (frame.type()) {
          case RawTls.RST_STREAM -> {
            return name(payload.getInt());
          }
          case RawTls.GOAWAY -> {
            return name(payload.getInt(4));
          }
          case RawTls.PING -> {
            if (Arrays.equals(frame.payload(), MARK)) {
              assertThat(frame.flags()).isEqualTo(RawTls.ACK);
              if (++marks == 2) {
                return "goes on";
              }
              var unused = tls.frame(RawTls.PING, 0, 0, MARK).send();
            }
          }
          default -> {
            // settings, windows, answers
          }
        }
      }
    } catch (EOFException | SocketException e) {
      return "closed";
    }
  }

  private static String name(int code) {
    return String.valueOf(Http2Error.valueOf(code));
  }

  @Test
  void aPrefaceThatIsNoneEndsTheConnection() throws IOException {
    try (RawTls tls = session()) {
      String verdict = verdict(tls.text("INVALID CONNECTION PREFACE\r\n\r\n").send());
      assertThat(verdict).isIn("PROTOCOL_ERROR", "closed");
    }
  }

  @Test
  void settingsAreAcknowledged() throws IOException {
    try (RawTls tls = session()) {
      var unused = tls.preface().send();
      RawTls.Frame frame = tls.await(RawTls.SETTINGS, 0);
      while ((frame.flags() & RawTls.ACK) == 0) {
        frame = tls.await(RawTls.SETTINGS, 0);
      }
      assertThat(frame.payload()).isEmpty();
    }
  }
}
