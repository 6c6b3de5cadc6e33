package dev.holdfast.node.cli;

import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * What {@code scripts/aot-cache} runs once per build: a node that replicates to itself, and the
 * commands that people use, in one process, so that the JVM learns which classes a start needs.
 */
@Command(
    name = AotTraining.NAME,
    hidden = true,
    description = "Do a little of everything, for the JVM to learn from.")
final class AotTraining implements Callable<Integer> {
  static final String NAME = "aot-training";

  /** Enough for several chunks. */
  private static final int DATA_BYTES = 20_000_000;

  @Parameters(paramLabel = "DIRECTORY", description = "an empty one")
  private Path directory = Path.of("");

  @Override
  public Integer call() throws Exception {
    directory = directory.toAbsolutePath();
    HostAndPort address = freeAddress();
    String info = command("cert", "info", "--state", file("state"), "--output", "json");
    String fingerprint = info.replaceAll("(?s).*\"fingerprint\"\\s*:\\s*\"([^\"]*)\".*", "$1");
    Path config = Files.writeString(directory.resolve("mesh.yaml"), yaml(address, fingerprint));
    secretFile("mesh.secret");
    secretFile("self.secret");
    Path data = Files.createDirectory(directory.resolve("data"));
    byte[] bytes = new byte[DATA_BYTES];
    new Random(1).nextBytes(bytes);
    Files.write(data.resolve("file"), bytes);
    try (Node node = Node.start(new NodeOptions(Path.of(file("state")), config, address))) {
      Files.delete(directory.resolve("self.secret"));
      admin("user", "create", "self@pbs");
      admin("user", "token", "self@pbs", "copy", "--secret-file", file("self.secret"));
      admin("acl", "update", "/", "Admin", "--auth-id", "self@pbs", "--auth-id", "self@pbs!copy");
      admin("namespace", "create", "a/b", "--parents", "--repository", "main");
      backup(data, node.address(), fingerprint);
      Files.writeString(data.resolve("more"), "more");
      backup(data, node.address(), fingerprint);
      admin("snapshot", "list", "--repository", "main", "--ns", "a/b");
      admin(
          "restore",
          "host/x",
          "data.pxar",
          file("restored"),
          "--repository",
          "main",
          "--ns",
          "a/b");
      admin("sync", "list");
      admin("sync", "plan", "copy");
      admin("mesh", "lag", "--count", "1", "--output", "json");
      admin("mesh", "status");
      admin("task", "list");
      command("tree", data.toString());
    }
    return ExitCode.OK.number();
  }

  private static HostAndPort freeAddress() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket free = new ServerSocket(0, 1, loopback)) {
      return new HostAndPort(loopback.getHostAddress(), free.getLocalPort());
    }
  }

  private String yaml(HostAndPort address, String fingerprint) {
    return String.join(
        "\n",
        "site: self",
        "mesh: { secret-file: mesh.secret }",
        "datastores: { main: { path: " + file("store") + " } }",
        "peers:",
        "  other: { url: https://" + address + ", fingerprint: \"" + fingerprint + "\",",
        "           token: self@pbs!copy, secret-file: self.secret }",
        "sync:",
        "  - { id: copy, pull: \"other:main/a\", into: main/copy, when: both }",
        "");
  }

  private void secretFile(String name) throws IOException {
    Path file =
        Files.createFile(
            directory.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, "a secret of one run");
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private void backup(Path data, HostAndPort address, String fingerprint) {
    command(
        "backup",
        "data.pxar:" + data,
        "--repository",
        "self@pbs!copy@" + address + ":main",
        "--fingerprint",
        fingerprint,
        "--ns",
        "a/b",
        "--backup-id",
        "x");
  }

  private void admin(String... args) {
    String[] all = new String[args.length + 2];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = "--state";
    all[args.length + 1] = file("state");
    command(all);
  }

  /** The command's output; it must succeed, or the cache would lack what comes after. */
  private String command(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            System.err,
            Map.of("PBS_PASSWORD_FILE", file("self.secret")),
            false,
            new Interruption(false));
    int code = Main.run(terminal, args);
    terminal.interruption().over();
    if (code != 0) {
      throw new IllegalStateException("`" + String.join(" ", args) + "` ended with " + code);
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
