package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.chunkstore.pxar.TreeListing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: however a directory was saved, one name restores it; and a backup that compares with
 * the last one reads what changed, and nothing else. Typed as a user types it, against a running
 * node.
 */
final class ChangeDetectionTest {
  private static final long SEED = 20_261_125L;

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  private static int groups;

  @TempDir private Path directory = Path.of("");
  private Path data = Path.of("");
  private String id = "";

  @BeforeAll
  static void start() throws IOException {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void fill() throws IOException {
    assumeThat(System.getProperty("os.name"))
        .as("directories are saved on Linux only")
        .isEqualTo("Linux");
    id = "cd" + ++groups;
    data = Files.createDirectory(directory.resolve("data"));
    Random random = new Random(SEED);
    for (int i = 0; i < 40; i++) {
      byte[] content = new byte[random.nextInt(1 << 20)];
      random.nextBytes(content);
      Path sub = Files.createDirectories(data.resolve("d" + i % 3));
      Files.write(sub.resolve("f" + i), content);
    }
    Files.createLink(data.resolve("d0/again"), data.resolve("d0/f0"));
    Files.createSymbolicLink(data.resolve("link"), Path.of("d1"));
  }

  private static String mustWork(String... arguments) {
    CommandLineRun run = CommandLineRun.with(node.environment(), arguments);
    assertThat(run.code()).as(run.err()).isZero();
    return run.out() + run.err();
  }

  private String backup(String mode, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "backup", "data.pxar:" + data, "--backup-id", id, "--change-detection-mode", mode));
    command.addAll(Arrays.asList(options));
    return mustWork(command.toArray(String[]::new));
  }

  private void comesBack() throws IOException {
    Path target = Files.createTempDirectory(directory, "back").resolve("tree");
    mustWork("restore", "host/" + id, "data.pxar", target.toString());
    assertThat(listing(target)).isEqualTo(listing(data));
  }

  @Test
  void eachModeRestoresByTheSameName() throws IOException {
    for (String mode : List.of("legacy", "data", "metadata", "legacy", "metadata")) {
      backup(mode);
      comesBack();
    }
  }

  @Test
  void anUnchangedDirectoryIsNotReadAgain() throws IOException {
    backup("data");
    assertThat(backup("metadata")).contains("in 3 new chunks"); // entries, and two markers
    comesBack();
  }

  @Test
  void changedFilesAreReadAndTheOthersTakenOver() throws IOException {
    backup("data");
    Files.writeString(data.resolve("d1/f4"), "changed");
    Files.delete(data.resolve("d2/f5"));
    assertThat(backup("metadata")).contains("reused");
    comesBack();
    backup("metadata");
    comesBack();
  }

  @Test
  void aBackupAfterOneInOneStreamReadsEverythingAndSaysWhy() throws IOException {
    backup("legacy");
    assertThat(backup("metadata")).contains("no reuse: the last backup has no data.ppxar.didx");
    comesBack();
  }

  @Test
  void thePreludeGoesToItsTarget() throws IOException {
    backup("data", "--exclude", "*.bak");
    Path prelude = directory.resolve("prelude");
    mustWork(
        "restore",
        "host/" + id,
        "data.pxar",
        directory.resolve("back").toString(),
        "--prelude-target",
        prelude.toString());
    assertThat(prelude).hasContent("{\"exclude-patterns\":\"*.bak\\n\"}");
  }

  @Test
  void anUnknownModeIsAMistakeOfTheUser() {
    CommandLineRun run =
        CommandLineRun.with(
            node.environment(), "backup", "data.pxar:" + data, "--change-detection-mode", "fast");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE.number());
    assertThat(run.err()).contains("expected legacy, data or metadata");
  }

  private static String listing(Path tree) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    TreeListing.write(tree, lines);
    return lines.toString(StandardCharsets.UTF_8);
  }
}
