package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "protected",
    description = "Protection of a snapshot: one that has it is neither forgotten nor pruned.")
final class SnapshotProtectedCommand {
  private static final String PATH = "/protected";

  private final Terminal terminal;

  SnapshotProtectedCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "show", description = "Print whether a snapshot is protected: true or false.")
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
          JsonNode yes = node.get(node.storePath(PATH), SnapshotChoice.query(namespace, snapshot));
          output.print(terminal, yes);
        });
  }

  @Command(name = "update", description = "Protect a snapshot, or no longer.")
  int update(
      @Mixin ConnectionOptions connection,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(paramLabel = "SNAPSHOT", description = "TYPE/ID/TIME") SnapshotId snapshot,
      @Parameters(paramLabel = "PROTECTED", arity = "1", description = "true or false")
          boolean isProtected)
      throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node ->
            node.put(
                node.storePath(PATH),
                SnapshotChoice.body(namespace, snapshot).put("protected", isProtected)));
  }
}
