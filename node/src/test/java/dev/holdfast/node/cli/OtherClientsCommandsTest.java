package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a script, or Proxmox VE, that was written for proxmox-backup-client works with ours
 * (spec/clients.md §2).
 */
final class OtherClientsCommandsTest {
  @TempDir private static Path shared = Path.of("");

  @SuppressWarnings("NullAway.Init") // before all tests
  private static CommandNode node;

  private static Path tree = Path.of("");

  @TempDir Path directory = Path.of("");

  @BeforeAll
  static void start() throws IOException {
    node = new CommandNode(shared);
    tree = Files.createDirectory(shared.resolve("tree"));
    Files.writeString(tree.resolve("file"), "content");
    Files.setPosixFilePermissions(
        tree.resolve("file"), PosixFilePermissions.fromString("rwxr-x--x"));
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static String backup(String id) {
    node.mustWork("backup", "root.pxar:" + tree, "--backup-id", id);
    return "host/" + id;
  }

  private static JsonNode json(String... arguments) throws IOException {
    return new ObjectMapper().readTree(node.mustWork(arguments));
  }

  @Test
  void listingsHaveTheNamesAndMembersThatScriptsKnow() throws IOException {
    String group = backup("listed");
    JsonNode groups = json("list", "--output-format", "json");
    assertThat(groups.findValuesAsText("backup-id")).contains("listed");
    JsonNode snapshots = json("snapshots", group, "--output-format", "json-pretty");
    assertThat(snapshots).hasSize(1);
    String time = snapshots.get(0).path("backup-time").asText();
    assertThat(time).matches("[0-9]+");
    assertThat(json("files", group, "--output-format=json").findValuesAsText("filename"))
        .contains("root.pxar.didx", "index.json.blob");
  }

  @Test
  void snapshotsAreForgottenAndGroupsGiven() {
    String group = backup("given");
    String line = node.mustWork("snapshot", "list", group);
    String snapshot = line.replaceFirst("(?s).*(host/given/[^ ]+Z).*", "$1");
    assertThat(node.mustWork("change-owner", group, "web1@pbs")).contains("belongs to web1@pbs");
    node.mustWork("change-owner", group, "web1@pbs!backup");
    node.mustWork("forget", snapshot);
    node.refused(ExitCode.NOT_FOUND, List.of("no finished snapshot"), "files", group);
  }

  @Test
  void pruneIsQuietWhenAsked() {
    String group = backup("pruned");
    assertThat(node.mustWork("prune", group, "--keep-last", "1", "--quiet", "true")).isEmpty();
    assertThat(node.mustWork("prune", group, "--keep-last", "1", "--dry-run", "true"))
        .contains("keep");
  }

  @Test
  void namespacesAreListedBelowOne() {
    node.mustWork("namespace", "create", "a/b/c", "--parents");
    assertThat(node.mustWork("namespace", "list", "a", "--max-depth", "1"))
        .contains("a/b")
        .doesNotContain("a/b/c", "root");
  }

  @Test
  void whatIsIgnoredIsNotRestored() throws IOException {
    String group = backup("ignored");
    Path all = directory.resolve("all");
    Path some = directory.resolve("some");
    node.mustWork("restore", group, "root.pxar", all.toString());
    node.mustWork(
        "restore",
        group,
        "root.pxar",
        some.toString(),
        "--ignore-permissions",
        "true",
        "--ignore-ownership",
        "--ignore-acls",
        "--ignore-xattrs",
        "--ignore-extract-device-errors");
    assertThat(permissions(all)).isEqualTo("rwxr-x--x");
    assertThat(permissions(some)).isEqualTo("rw-------");
    assertThat(some.resolve("file")).hasContent("content");
  }

  private static String permissions(Path restored) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(restored.resolve("file")));
  }
}
