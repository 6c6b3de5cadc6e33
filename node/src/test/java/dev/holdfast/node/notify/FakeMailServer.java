package dev.holdfast.node.notify;

import dev.holdfast.replication.wire.TlsIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Takes mails by SMTP, encrypted from the beginning, after STARTTLS, or not at all. Remembers each
 * line that came, with how: {@code plain: EHLO …} or {@code tls: AUTH …}.
 */
final class FakeMailServer implements AutoCloseable {
  enum Encryption {
    AT_ONCE,
    AFTER_STARTTLS,
    NEVER
  }

  private final Encryption encryption;
  private final SSLContext tls;
  private final ServerSocket socket;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  FakeMailServer(Encryption encryption) throws IOException, GeneralSecurityException {
    this.encryption = encryption;
    this.tls = context();
    this.socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::serve);
  }

  /** Of a certificate for 127.0.0.1, which it alone trusts. */
  private static SSLContext context() throws IOException, GeneralSecurityException {
    TlsIdentity identity =
        TlsIdentity.generate("mail", List.of(), Instant.now(), new SecureRandom());
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "mail", identity.privateKey(), new char[0], new X509Certificate[] {identity.certificate()});
    store.setCertificateEntry("trusted", identity.certificate());
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, new char[0]);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  int port() {
    return socket.getLocalPort();
  }

  /** Of clients that trust its certificate. */
  SSLSocketFactory trustingIt() {
    return tls.getSocketFactory();
  }

  /** All that came so far. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  private void serve() {
    try {
      while (true) {
        Socket client = socket.accept();
        Thread.ofVirtual().start(() -> talk(client));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void talk(Socket client) {
    try (client) {
      Conversation first =
          new Conversation(encryption == Encryption.AT_ONCE ? encrypted(client) : client);
      first.say("220 mail ready");
      first.run();
    } catch (IOException e) {
      lines.add("error: " + e.getMessage());
    }
  }

  private SSLSocket encrypted(Socket client) throws IOException {
    SSLSocket wrapped =
        (SSLSocket) tls.getSocketFactory().createSocket(client, "client", client.getPort(), true);
    wrapped.setUseClientMode(false);
    return wrapped;
  }

  private final class Conversation {
    private final Socket client;
    private final BufferedReader in;
    private final OutputStream out;
    private final String how;

    Conversation(Socket client) throws IOException {
      this.client = client;
      this.in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
      this.out = client.getOutputStream();
      this.how = client instanceof SSLSocket ? "tls: " : "plain: ";
    }

    void say(String line) throws IOException {
      out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }

    void run() throws IOException {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(how + line);
        String word = line.split(" ", 2)[0].toUpperCase(Locale.ROOT);
        switch (word) {
          case "EHLO" -> {
            say("250-mail");
            if (encryption == Encryption.AFTER_STARTTLS && how.startsWith("plain")) {
              say("250-STARTTLS");
            }
            say("250 AUTH PLAIN");
          }
          case "STARTTLS" -> {
            say("220 go on");
            new Conversation(encrypted(client)).run();
            return;
          }
          case "AUTH" -> say("235 welcome");
          case "DATA" -> {
            say("354 go on");
            body();
            say("250 taken");
          }
          case "QUIT" -> {
            say("221 bye");
            return;
          }
          default -> say("250 fine");
        }
      }
    }

    private void body() throws IOException {
      for (String line = in.readLine(); line != null && !line.equals("."); line = in.readLine()) {
        lines.add(how + line);
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
