package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "group",
    description = "Groups of a namespace: all snapshots of one machine.",
    subcommands = GroupNotesCommand.class)
final class GroupCommand {
  private static final String PATH = "/groups";

  private final Terminal terminal;

  GroupCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the groups of a namespace.")
  int list(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin OutputOption output)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    List<Field> fields =
        List.of(
            Field.of("group", Align.LEFT, GroupCommand::name),
            Field.of(
                "last snapshot",
                Align.LEFT,
                row -> HumanText.time(row.path("last-backup").asLong())),
            Field.of("count", Align.RIGHT, row -> Field.plain(row.path("backup-count"))),
            Field.of("files", Align.LEFT, SnapshotCommand::files),
            Field.text("owner"),
            Field.text("comment"));
    return connection.run(
        terminal,
        node -> {
          JsonNode groups = node.get(node.storePath(PATH), NodeConnection.query(namespace));
          output.print(terminal, SnapshotCommand.sorted(groups), fields);
        });
  }

  /** Of a row that names a group. */
  static String name(JsonNode row) {
    return row.path("backup-type").asText() + "/" + row.path("backup-id").asText();
  }

  @Command(
      name = "forget",
      description = {
        "Remove a group with all its snapshots, but protected and held ones.",
        "Their chunks go when no other snapshot needs them and garbage is collected."
      })
  int forget(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(paramLabel = "GROUP", description = "TYPE/ID") GroupId group,
      @Option(
              names = "--dry-run",
              description = "Only list the snapshots that would go, and those that would stay.")
          boolean dryRun)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          Map<String, String> query = SnapshotChoice.query(namespace, group);
          JsonNode snapshots =
              SnapshotCommand.sorted(node.get(node.storePath("/snapshots"), query));
          if (!dryRun) {
            node.delete(node.storePath(PATH), query);
          }
          for (JsonNode row : snapshots) {
            terminal.line(dryRun ? fate(row) : "removed " + SnapshotCommand.name(row));
          }
        });
  }

  private static String fate(JsonNode row) {
    String name = SnapshotCommand.name(row);
    if (row.path("protected").asBoolean()) {
      return "would keep " + name + " (protected)";
    }
    return row.has("held-until")
        ? "would keep "
            + name
            + " (held until "
            + HumanText.time(row.path("held-until").asLong())
            + ")"
        : "would remove " + name;
  }

  @Command(name = "change-owner", description = "Give a group to another user or token.")
  int changeOwner(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(paramLabel = "GROUP", description = "TYPE/ID") GroupId group,
      @Parameters(paramLabel = "OWNER", description = "USER@REALM or USER@REALM!TOKEN")
          AuthId owner)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          var unused =
              node.post(
                  node.storePath("/change-owner"),
                  SnapshotChoice.body(namespace, group).put("new-owner", owner.toString()));
          terminal.line(group + " belongs to " + owner);
        });
  }
}
