package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: who types a move sees before what it will do, and afterwards how to take it back. */
final class MoveCommandTest {
  @TempDir Path directory = Path.of("");

  @Test
  void movesAreShownBeforeDoneAndTakenBack() throws IOException {
    Path file = Files.writeString(directory.resolve("a.conf"), "x");
    try (CommandNode node = new CommandNode(directory)) {
      node.mustWork("namespace", "create", "old");
      node.mustWork("backup", "a.conf:" + file, "--backup-id", "web", "--ns", "old");

      assertThat(node.mustWork("move", "namespace", "old", "new", "--dry-run"))
          .contains(
              "host/web", "would make namespace new", "would remove namespace old when empty");
      assertThat(node.mustWork("move", "list")).doesNotContain("done");
      assertThat(node.mustWork("move", "namespace", "old", "new"))
          .contains("moving group 'host/web' from 'old' to 'new'", "TASK OK");
      assertThat(node.mustWork("group", "list", "--ns", "new")).contains("host/web");

      String listed = node.mustWork("move", "list", "--output", "json");
      String move = listed.replaceAll("(?s).*\"move\" : \"([^\"]*)\".*", "$1");
      assertThat(node.mustWork("move", "undo", move)).contains("undoing move " + move, "TASK OK");
      assertThat(node.mustWork("move", "list")).contains(move, "undone");
      assertThat(node.mustWork("move", "group", "host/web", "", "--ns", "old"))
          .contains("from 'old' to ''");
      assertThat(node.mustWork("group", "list")).contains("host/web");
      node.refused(
          ExitCode.NOT_FOUND,
          List.of("source namespace 'none' does not exist"),
          "move",
          "namespace",
          "none",
          "x");
      node.refused(ExitCode.FAILED, List.of("is undone, and cannot go on"), "move", "resume", move);
    }
  }
}
