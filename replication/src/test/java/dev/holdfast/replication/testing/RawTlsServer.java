package dev.holdfast.replication.testing;

import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.wire.TlsIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * A TLS server without any HTTP library: each connection runs the test's script and is closed after
 * it.
 */
public final class RawTlsServer implements AutoCloseable {
  /** What one connection does; an exception just ends it. */
  public interface Script {
    void run(RawTls peer) throws IOException;
  }

  private final SSLServerSocket listener;
  private final Fingerprint fingerprint;

  public RawTlsServer(Script script) throws Exception {
    TlsIdentity identity =
        TlsIdentity.generate("raw.test", List.of(), Instant.now(), new SecureRandom());
    fingerprint = identity.fingerprint();
    listener =
        (SSLServerSocket)
            context(identity)
                .getServerSocketFactory()
                .createServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("raw-tls-server").start(() -> accept(script));
  }

  private static SSLContext context(TlsIdentity identity) throws Exception {
    String pem = new String(identity.keyPem(), StandardCharsets.US_ASCII);
    String base64 = pem.replaceAll("-----[A-Z ]+-----|\\s", "");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "node",
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64))),
        new char[0],
        new Certificate[] {identity.certificate()});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, new SecureRandom());
    return context;
  }

  private void accept(Script script) {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket, script));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void serve(Socket socket, Script script) {
    try (RawTls peer = new RawTls(socket)) {
      script.run(peer);
    } catch (IOException e) {
      // The client went away, which is what some scripts wait for.
    }
  }

  public int port() {
    return listener.getLocalPort();
  }

  public Fingerprint fingerprint() {
    return fingerprint;
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
