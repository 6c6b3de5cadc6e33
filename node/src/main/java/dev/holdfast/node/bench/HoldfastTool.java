package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Our client to a node of its own on the loopback address, each in its own process. */
final class HoldfastTool implements BackupTool {
  private static final String GROUP = "bench";
  private static final String WARM_UP_GROUP = "warm-up";
  private static final String WARM_UP_IMAGE = "disk.img";

  private final Path launcher;
  private final NodeProcess node;
  private final ToolRun programs;

  HoldfastTool(Path launcher, Path directory) throws IOException {
    this.launcher = launcher;
    String store = "datastores: { main: { path: " + directory.resolve("store") + " } }\n";
    Path config = Files.writeString(directory.resolve("mesh.yaml"), "site: bench\n" + store);
    Path state = directory.resolve("state");
    node = NodeProcess.start(launcher, state, config, directory.resolve("node-log"));
    programs =
        new ToolRun(
            directory,
            directory.resolve("log"),
            Map.of(
                "PBS_REPOSITORY",
                "admin@pbs@" + node.address() + ":main",
                "PBS_PASSWORD_FILE",
                state.resolve("admin-password").toString(),
                "PBS_FINGERPRINT",
                node.fingerprint(),
                "XDG_CONFIG_HOME",
                directory.resolve("config").toString(),
                "XDG_CACHE_HOME",
                directory.resolve("cache").toString()));
  }

  @Override
  public String name() {
    return "holdfast";
  }

  @Override
  public Cost backup(ClientData data) throws IOException {
    return run(
        "backup",
        "tree.pxar:" + data.tree(),
        "disk.img:" + data.image(),
        "--backup-id",
        GROUP,
        "--change-detection-mode",
        "metadata");
  }

  @Override
  public Cost restore(Path target) throws IOException {
    ClientData to = below(target);
    Files.createDirectories(target);
    return run("restore", "host/" + GROUP, "tree.pxar", to.tree().toString())
        .plus(run("restore", "host/" + GROUP, "disk.img", to.image().toString()));
  }

  @Override
  public ClientData restored(ClientData source, Path target) {
    return below(target);
  }

  private static ClientData below(Path target) {
    return new ClientData(target.resolve("tree"), target.resolve("disk.img"));
  }

  private Cost run(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    command.addAll(List.of(arguments));
    double before = node.cpuSeconds();
    Cost client = programs.run(command);
    return new Cost(client.wallSeconds(), client.clientSeconds(), node.cpuSeconds() - before);
  }

  /** Backs up and restores something else, so that the node did both before. */
  void warmUp(Path file) throws IOException {
    Path restored = Path.of(file + "-restored");
    run("backup", WARM_UP_IMAGE + ":" + file, "--backup-id", WARM_UP_GROUP);
    run("restore", "host/" + WARM_UP_GROUP, WARM_UP_IMAGE, restored.toString());
    Files.delete(restored);
  }

  /**
   * The time from the start of the client to the first byte of data it sends to the node.
   *
   * @param file what to back up, more than a chunk
   */
  double secondsToFirstByte(Path file) throws IOException {
    try (WatchedPort port = new WatchedPort(node.host(), node.port())) {
      long began = System.nanoTime();
      run(
          "backup",
          WARM_UP_IMAGE + ":" + file,
          "--backup-id",
          WARM_UP_GROUP,
          "--repository",
          "admin@pbs@" + node.host() + ":" + port.number() + ":main");
      return Rates.seconds(port.firstDataNanoTime() - began);
    }
  }

  @Override
  public void close() {
    node.close();
  }
}
