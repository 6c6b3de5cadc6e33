package dev.holdfast.node.bench;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** A node as an operator runs it: its own process, started by {@code scripts/holdfast}. */
public final class NodeProcess implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("ready (https://\\S+) fingerprint (\\S+)");
  private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
  private static final Pattern RESIDENT_MAX = Pattern.compile("VmHWM:\\s+(\\d+) kB");
  private static final int STOP_SECONDS_MAX = 15;

  private final Process process;
  private final URI url;
  private final String fingerprint;
  private final double startSeconds;

  private NodeProcess(Process process, URI url, String fingerprint, double startSeconds) {
    this.process = process;
    this.url = url;
    this.fingerprint = fingerprint;
    this.startSeconds = startSeconds;
  }

  /**
   * Starts a node on a free port of the loopback address and returns when it answered a request.
   *
   * @param launcher {@code scripts/holdfast}
   * @param log gets what the node logs
   */
  public static NodeProcess start(Path launcher, Path state, Path config, Path log)
      throws IOException {
    String host = InetAddress.getLoopbackAddress().getHostAddress();
    ProcessBuilder command =
        new ProcessBuilder(
                launcher.toString(),
                "node",
                "--state",
                state.toString(),
                "--config",
                config.toString(),
                "--listen",
                host + ":" + freePort())
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    long began = System.nanoTime();
    Process process = command.start();
    try {
      Matcher ready = awaitReady(process, log);
      URI url = URI.create(ready.group(1));
      ping(url);
      return new NodeProcess(
          process, url, ready.group(2), Rates.seconds(System.nanoTime() - began));
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private static Matcher awaitReady(Process process, Path log) throws IOException {
    BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.matches()) {
        return ready;
      }
    }
    throw new IOException("the node ended before it was ready:\n" + Files.readString(log));
  }

  /** The node's certificate is its own, made a moment ago: there is nothing to check it with. */
  private static void ping(URI url) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      TrustManager[] anybody = InsecureTrustManagerFactory.INSTANCE.getTrustManagers();
      context.init(null, anybody, new SecureRandom());
      try (SSLSocket socket =
          (SSLSocket) context.getSocketFactory().createSocket(url.getHost(), url.getPort())) {
        String request =
            "GET /api2/json/ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        String answer = text(socket.getInputStream());
        if (!answer.startsWith("HTTP/1.1 200 ")) {
          throw new IOException("found answer '" + answer + "' to a ping, expected status 200");
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IOException("no TLS", e);
    }
  }

  private static String text(InputStream answer) throws IOException {
    return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
  }

  /** From the start of the process to its first answer. */
  public double startSeconds() {
    return startSeconds;
  }

  String host() {
    return url.getHost();
  }

  int port() {
    return url.getPort();
  }

  public String address() {
    return host() + ":" + port();
  }

  public String fingerprint() {
    return fingerprint;
  }

  /**
   * Its first administrator; the caller closes it.
   *
   * @param passwordFile in the state directory
   */
  RemoteNode administrator(Vertx vertx, Path passwordFile) throws IOException {
    return administrator(vertx, new HostAndPort(host(), port()), fingerprint, passwordFile);
  }

  /** The same, of a node that another process has started. */
  static RemoteNode administrator(
      Vertx vertx, HostAndPort node, String fingerprint, Path passwordFile) throws IOException {
    return new RemoteNode(
        vertx,
        node,
        PinnedTrust.of(Fingerprint.parse(fingerprint)),
        new Credential.Password(
            AuthId.parse("admin@pbs"), new Secret(Files.readString(passwordFile).strip())),
        WireClient.ANSWER_TIMEOUT);
  }

  /** What the process holds in memory now, in units of 1,000,000 bytes. */
  public double residentMegabytes() throws IOException {
    return megabytes(RESIDENT);
  }

  /** The most that it ever held, in the same unit. */
  double residentMegabytesMax() throws IOException {
    return megabytes(RESIDENT_MAX);
  }

  private double megabytes(Pattern figure) throws IOException {
    String status = Files.readString(Path.of("/proc/" + process.pid() + "/status"));
    Matcher resident = figure.matcher(status);
    if (!resident.find()) {
      throw new IOException("the node's process is gone");
    }
    return Long.parseLong(resident.group(1)) * 1024 / 1e6;
  }

  /** Of all its threads since its start. */
  double cpuSeconds() throws IOException {
    return CpuTime.ofProcess(process.pid());
  }

  /** Stops it as an operator does, and waits for its end. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
