package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "notes", description = "Notes of a group.")
final class GroupNotesCommand {
  private static final String PATH = "/group-notes";

  private final Terminal terminal;

  GroupNotesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "show", description = "Print the notes of a group.")
  int show(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "GROUP", description = "TYPE/ID") GroupId group)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node ->
            output.print(
                terminal, node.get(node.storePath(PATH), SnapshotChoice.query(namespace, group))));
  }

  @Command(name = "update", description = "Replace the notes of a group.")
  int update(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(paramLabel = "GROUP", description = "TYPE/ID") GroupId group,
      @Parameters(paramLabel = "NOTES", description = "Any number of lines.") String notes)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node ->
            node.put(
                node.storePath(PATH), SnapshotChoice.body(namespace, group).put("notes", notes)));
  }
}
