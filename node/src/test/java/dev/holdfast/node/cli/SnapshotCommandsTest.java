package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: what is known of snapshots and groups is shown and changed, and nothing else goes. */
final class SnapshotCommandsTest {
  /** Days one after the other: 2023-11-14 and on, 22:13:20. */
  private static final long FIRST = 1_700_000_000L;

  private static final long DAY = 86_400;
  private static final String FIRST_TIME = "/2023-11-14T22:13:20Z";

  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  @TempDir Path directory = Path.of("");

  @BeforeAll
  static void start() {
    node = new CommandNode(shared);
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private void backup(String id, int count) throws IOException {
    Path file = Files.writeString(directory.resolve("a.conf"), "x");
    for (int i = 0; i < count; i++) {
      node.mustWork(
          "backup",
          "a.conf:" + file,
          "--backup-id",
          id,
          "--backup-time",
          Long.toString(FIRST + i * DAY));
    }
  }

  @Test
  void notesAreReadAsTheyWereWritten() throws IOException {
    backup("notes", 1);
    String snapshot = "host/notes" + FIRST_TIME;
    assertThat(node.mustWork("snapshot", "notes", "show", snapshot)).isEqualTo("\n");
    node.mustWork("snapshot", "notes", "update", snapshot, "first\nsecond");
    assertThat(node.mustWork("snapshot", "notes", "show", "host/notes"))
        .isEqualTo("first\nsecond\n");
    assertThat(node.mustWork("snapshot", "notes", "show", snapshot, "--output", "json"))
        .isEqualTo("\"first\\nsecond\"\n");
    node.mustWork("group", "notes", "update", "host/notes", "of the group");
    assertThat(node.mustWork("group", "notes", "show", "host/notes")).isEqualTo("of the group\n");
    assertThat(node.mustWork("group", "list"))
        .contains("host/notes", "of the group", "web1@pbs!backup", "a.conf.blob");
  }

  @Test
  void protectedSnapshotStaysUntilItIsNot() throws IOException {
    backup("kept", 2);
    String snapshot = "host/kept" + FIRST_TIME;
    assertThat(node.mustWork("snapshot", "protected", "show", snapshot)).isEqualTo("false\n");
    node.mustWork("snapshot", "protected", "update", snapshot, "true");
    assertThat(node.mustWork("snapshot", "protected", "show", snapshot)).isEqualTo("true\n");
    node.refused(ExitCode.FAILED, List.of("protected"), "snapshot", "forget", snapshot);
    assertThat(node.mustWork("group", "forget", "host/kept", "--dry-run"))
        .isEqualTo(
            "would keep "
                + snapshot
                + " (protected)\nwould remove host/kept/2023-11-15T22:13:20Z\n");
    node.refused(ExitCode.FAILED, List.of("protected"), "group", "forget", "host/kept");
    assertThat(node.mustWork("snapshot", "list", "host/kept"))
        .contains(snapshot)
        .doesNotContain("2023-11-15");
    node.mustWork("snapshot", "protected", "update", snapshot, "false");
    assertThat(node.mustWork("group", "forget", "host/kept"))
        .isEqualTo("removed " + snapshot + "\n");
    assertThat(node.mustWork("group", "list")).doesNotContain("host/kept");
  }

  @Test
  void pruneShowsWhatItWouldDoAndWhyAndThenDoesIt() throws IOException {
    backup("old", 4);
    node.mustWork("snapshot", "protected", "update", "host/old" + FIRST_TIME, "true");
    String[] prune = {"prune", "host/old", "--keep-last", "1", "--keep-daily", "1", "--dry-run"};
    assertThat(node.mustWork(prune).lines().filter(line -> line.contains("host/old")))
        .satisfiesExactly(
            line -> assertThat(line).containsPattern("11-14.* keep .* protected"),
            line -> assertThat(line).containsPattern("11-15.* would remove .* no rule keeps it"),
            line -> assertThat(line).containsPattern("11-16.* keep .* keep-daily"),
            line -> assertThat(line).containsPattern("11-17.* keep .* keep-last"));
    assertThat(node.mustWork("snapshot", "list", "host/old")).contains("11-15");
    assertThat(node.mustWork("prune", "host/old", "--keep-last", "2", "--output", "json"))
        .contains("\"keep\" : false", "\"backup-time\" : 1700086400");
    assertThat(node.mustWork("snapshot", "list", "host/old")).doesNotContain("11-15");
    node.refused(ExitCode.USAGE, List.of("--keep-last"), "prune", "host/old", "--keep-last", "0");
  }

  @Test
  void logIsAddedOnce() throws IOException {
    backup("log", 1);
    Path log = Files.writeString(directory.resolve("log"), "all went well\n");
    String snapshot = "host/log" + FIRST_TIME;
    node.mustWork("snapshot", "upload-log", snapshot, log.toString());
    assertThat(node.mustWork("snapshot", "files", snapshot)).contains("client.log.blob");
    node.refused(
        ExitCode.FAILED,
        List.of("already contains a log"),
        "snapshot",
        "upload-log",
        snapshot,
        log.toString());
  }

  @Test
  void groupIsHandedOver() throws IOException {
    backup("given", 1);
    assertThat(node.mustWork("group", "change-owner", "host/given", "web1@pbs"))
        .isEqualTo("host/given belongs to web1@pbs\n");
    node.refused(
        ExitCode.FAILED,
        List.of("inactive or non-existent"),
        "group",
        "change-owner",
        "host/given",
        "nobody@pbs");
  }

  @Test
  void statusAndVersionAreTheNodesOwn() {
    assertThat(node.mustWork("status")).contains("main", "total", "used", "avail", " %)");
    assertThat(node.mustWork("status", "--output", "json")).contains("\"total\"", "\"avail\"");
    assertThat(node.mustWork("version")).contains("holdfast ", "\nnode 127.0.0.1:");
  }

  @Test
  void benchmarkMeasuresTheLineAndEachStep() {
    assertThat(node.mustWork("benchmark", "--seconds", "1", "--output", "json"))
        .contains("\"tls\"", "\"sha256\"", "\"compress\"", "\"aes256_gcm\"", "\"verify\"")
        .doesNotContain("\"speed\" : 0.0");
    assertThat(node.mustWork("snapshot", "list")).doesNotContain("host/benchmark");
  }
}
