package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** borg with its defaults, lz4 among them, and without encryption, which makes it faster. */
final class BorgTool implements BackupTool {
  private final Path directory;
  private final Map<String, String> environment;
  private final ToolRun programs;
  private int snapshots;

  BorgTool(Path directory) throws IOException {
    this.directory = directory;
    environment =
        Map.of(
            "BORG_REPO",
            directory.resolve("repository").toString(),
            "BORG_BASE_DIR",
            directory.resolve("base").toString(),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK",
            "yes");
    programs = in(directory);
    programs.run(List.of("borg", "init", "--encryption", "none"));
  }

  private ToolRun in(Path workingDirectory) {
    return new ToolRun(workingDirectory, directory.resolve("log"), environment);
  }

  @Override
  public String name() {
    return "borg";
  }

  @Override
  public Cost backup(ClientData data) throws IOException {
    snapshots++;
    return programs.run(
        List.of(
            "borg", "create", "::" + snapshots, data.tree().toString(), data.image().toString()));
  }

  @Override
  public Cost restore(Path target) throws IOException {
    Files.createDirectories(target);
    return in(target).run(List.of("borg", "extract", "::" + snapshots));
  }

  @Override
  public ClientData restored(ClientData source, Path target) {
    return source.below(target);
  }

  @Override
  public void close() {}
}
