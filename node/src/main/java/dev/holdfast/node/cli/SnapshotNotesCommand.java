package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "notes", description = "Notes of a snapshot.")
final class SnapshotNotesCommand {
  private static final String PATH = "/notes";

  private final Terminal terminal;

  SnapshotNotesCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "show", description = "Print the notes of a snapshot.")
  int show(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Mixin OutputOption output,
      @Parameters(paramLabel = "SNAPSHOT", description = "TYPE/ID/TIME, or TYPE/ID: the newest")
          SnapshotChoice choice)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          SnapshotId snapshot = choice.resolve(node, namespace);
          JsonNode notes =
              node.get(node.storePath(PATH), SnapshotChoice.query(namespace, snapshot));
          output.print(terminal, notes);
        });
  }

  @Command(name = "update", description = "Replace the notes of a snapshot.")
  int update(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(paramLabel = "SNAPSHOT", description = "TYPE/ID/TIME") SnapshotId snapshot,
      @Parameters(paramLabel = "NOTES", description = "Any number of lines.") String notes)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node ->
            node.put(
                node.storePath(PATH),
                SnapshotChoice.body(namespace, snapshot).put("notes", notes)));
  }
}
