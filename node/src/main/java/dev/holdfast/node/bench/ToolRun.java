package dev.holdfast.node.bench;

import dev.holdfast.node.bench.BackupTool.Cost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Runs programs to their end, one at a time, and takes what they cost.
 *
 * @param log gets what they say
 */
record ToolRun(Path directory, Path log, Map<String, String> environment) {
  /** It must succeed. */
  Cost run(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    double cpu = CpuTime.ofEndedChildren();
    long began = System.nanoTime();
    Process process = builder.start();
    try {
      int code = process.waitFor();
      double wall = Rates.seconds(System.nanoTime() - began);
      if (code != 0) {
        throw new IOException(
            "`" + String.join(" ", command) + "` ended with " + code + ":\n" + said());
      }
      return new Cost(wall, CpuTime.ofEndedChildren() - cpu, 0);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private String said() throws IOException {
    return Files.readString(log);
  }
}
