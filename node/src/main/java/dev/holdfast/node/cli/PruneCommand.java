package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "prune",
    description = {
      "Remove the snapshots of a group that no rule keeps, and list what became of each.",
      "Each rule keeps the newest snapshot of so many periods, before those that an earlier rule"
          + " keeps already. Without any rule everything is kept."
    },
    subcommands = PruneSimulateCommand.class)
final class PruneCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private OutputOption output = new OutputOption();

  @Parameters(paramLabel = "GROUP", arity = "0..1", description = "TYPE/ID")
  private @Nullable GroupId group;

  @Mixin private KeepOptions keep = new KeepOptions();

  @Option(
      names = {"--dry-run", "-n"},
      arity = "0..1",
      description = "Remove nothing, only show what would happen.")
  private boolean dryRun;

  @Option(names = "--quiet", arity = "0..1", description = "Print nothing.")
  private boolean quiet;

  PruneCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    if (group == null) {
      throw new UsageException("no group was named", "Add GROUP, such as host/web1.");
    }
    ObjectNode body = SnapshotChoice.body(namespace, group);
    keep.putInto(body);
    body.put("dry-run", dryRun);
    List<Field> fields =
        List.of(
            Field.of("snapshot", Align.LEFT, SnapshotCommand::name),
            Field.of("action", Align.LEFT, this::action),
            Field.text("reason"));
    return connection.run(
        terminal,
        node -> {
          JsonNode outcome = node.post(node.storePath("/prune"), body);
          if (!quiet) {
            output.print(terminal, outcome, fields);
          }
        });
  }

  private String action(JsonNode row) {
    boolean keep = row.path("keep").asBoolean() || row.path("protected").asBoolean();
    return keep ? "keep" : dryRun ? "would remove" : "removed";
  }
}
