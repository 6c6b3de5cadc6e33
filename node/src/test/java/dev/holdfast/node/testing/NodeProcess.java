package dev.holdfast.node.testing;

import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import io.vertx.core.Vertx;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, so that it can be killed. It is started again on the same
 * directory and the same address.
 */
public final class NodeProcess implements AutoCloseable {
  private static final String READY = "ready ";
  private static final String FINGERPRINT = " fingerprint ";

  private final NodeProgram program;
  private final Path directory;
  private final HostAndPort address;
  private @Nullable Process process;
  private long logBytesBefore;
  private @Nullable Fingerprint fingerprint;

  private NodeProcess(NodeProgram program, Path directory, HostAndPort address) {
    this.program = program;
    this.directory = directory;
    this.address = address;
  }

  /**
   * Not started yet.
   *
   * @param directory made here; gets state, {@code mesh.yaml} and log
   */
  public static NodeProcess prepare(NodeProgram program, Path directory, List<String> yaml)
      throws IOException {
    Files.createDirectories(directory);
    Files.write(directory.resolve("mesh.yaml"), yaml);
    return new NodeProcess(program, directory, new HostAndPort("127.0.0.1", freePort()));
  }

  private static int freePort() throws IOException {
    try (ServerSocket any = new ServerSocket(0)) {
      return any.getLocalPort();
    }
  }

  public HostAndPort address() {
    return address;
  }

  /** Known once it was ready for the first time. */
  public Fingerprint fingerprint() {
    return Objects.requireNonNull(fingerprint);
  }

  /** Returns at once. */
  public void start() throws IOException {
    List<String> arguments =
        List.of(
            "node",
            "--listen",
            address.toString(),
            "--state",
            directory.resolve("state").toString(),
            "--config",
            directory.resolve("mesh.yaml").toString());
    logBytesBefore = Files.exists(log()) ? Files.size(log()) : 0;
    process =
        new ProcessBuilder(program.command(arguments))
            .redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()))
            .start();
  }

  private Path log() {
    return directory.resolve("log");
  }

  /** What it has logged since it was started last. */
  public String logText() {
    try {
      byte[] all = Files.readAllBytes(log());
      int before = Math.toIntExact(logBytesBefore);
      return new String(all, before, all.length - before, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until it serves. */
  public void awaitReady() throws IOException {
    if (process == null) {
      throw new AssertionError("not started");
    }
    BufferedReader output = process.inputReader();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(READY)) {
        String shown = line.substring(line.indexOf(FINGERPRINT) + FINGERPRINT.length());
        fingerprint = Fingerprint.parse(shown);
        return;
      }
    }
    throw new AssertionError("the node did not start:\n" + Files.readString(log()));
  }

  /** Of the process that runs. */
  public long pid() {
    return Objects.requireNonNull(process).pid();
  }

  /** SIGKILL: it does not learn of it. From any thread. */
  public void kill() {
    Objects.requireNonNull(process).destroyForcibly();
  }

  /** SIGTERM: it stops in order. */
  public void stop() {
    Objects.requireNonNull(process).destroy();
  }

  /** Waits until there is no process any more; then its locks are free. */
  public void awaitEnd() {
    var unused = Objects.requireNonNull(process).onExit().join();
  }

  /** May do everything; the caller closes it. */
  public RemoteNode admin(Vertx vertx) {
    Path secret = directory.resolve("state").resolve(AccessState.LOCAL_SECRET_FILE);
    return new RemoteNode(
        vertx,
        address,
        PinnedTrust.of(fingerprint()),
        new Credential.Local(SecretFiles.read(secret)),
        WireClient.ANSWER_TIMEOUT);
  }

  @Override
  public void close() {
    if (process != null) {
      kill();
      awaitEnd();
    }
  }
}
