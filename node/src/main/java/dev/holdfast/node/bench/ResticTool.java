package dev.holdfast.node.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** restic with its defaults: encryption, automatic compression, a repository on the same disk. */
final class ResticTool implements BackupTool {
  private final ToolRun programs;

  ResticTool(Path directory) throws IOException {
    programs =
        new ToolRun(
            directory,
            directory.resolve("log"),
            Map.of(
                "RESTIC_REPOSITORY",
                directory.resolve("repository").toString(),
                "RESTIC_PASSWORD",
                "a secret of one run",
                "RESTIC_CACHE_DIR",
                directory.resolve("cache").toString()));
    programs.run(List.of("restic", "init"));
  }

  @Override
  public String name() {
    return "restic";
  }

  @Override
  public Cost backup(ClientData data) throws IOException {
    return programs.run(
        List.of("restic", "backup", data.tree().toString(), data.image().toString()));
  }

  @Override
  public Cost restore(Path target) throws IOException {
    return programs.run(List.of("restic", "restore", "latest", "--target", target.toString()));
  }

  @Override
  public ClientData restored(ClientData source, Path target) {
    return source.below(target);
  }

  @Override
  public void close() {}
}
