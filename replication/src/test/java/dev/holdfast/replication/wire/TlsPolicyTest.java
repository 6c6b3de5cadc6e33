package dev.holdfast.replication.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.testing.WireEcho;
import java.io.IOException;
import java.net.InetAddress;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same on every engine: what a listener speaks, and what it refuses. */
@ParameterizedClass
@MethodSource("engines")
class TlsPolicyTest {
  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final WireEcho server;

  TlsPolicyTest(TlsEngine engine) {
    server = new WireEcho(VERTX.vertx(), engine, WireSettings.DEFAULT);
  }

  static Stream<TlsEngine> engines() {
    return Stream.of(TlsEngine.values()).filter(TlsEngine::available);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private SSLSession shakeHands(SSLParameters offer) throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            RawTls.trustingAll()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSSLParameters(offer);
      socket.startHandshake();
      return socket.getSession();
    }
  }

  private static SSLParameters offer(String protocol, String suite) {
    return new SSLParameters(new String[] {suite}, new String[] {protocol});
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLSv1.3 TLS_AES_128_GCM_SHA256",
        "TLSv1.3 TLS_AES_256_GCM_SHA384",
        "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256",
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
      })
  void speaks(String allowed) throws IOException {
    String[] parts = allowed.split(" ", -1);
    SSLSession session = shakeHands(offer(parts[0], parts[1]));
    assertThat(session.getProtocol() + " " + session.getCipherSuite()).isEqualTo(allowed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"
      })
  void refuses(String weak) {
    String[] parts = weak.split(" ", -1);
    assertThatThrownBy(() -> shakeHands(offer(parts[0], parts[1])))
        .isInstanceOf(SSLException.class);
  }

  /** What other curves get is asked by {@code scripts/probe}: this JVM's client has none. */
  @ParameterizedTest
  @ValueSource(strings = {"x25519", "secp256r1", "secp384r1"})
  void exchangesKeysOver(String curve) throws IOException {
    SSLParameters offer = offer("TLSv1.3", "TLS_AES_128_GCM_SHA256");
    offer.setNamedGroups(new String[] {curve});
    assertThat(shakeHands(offer).isValid()).isTrue();
  }
}
