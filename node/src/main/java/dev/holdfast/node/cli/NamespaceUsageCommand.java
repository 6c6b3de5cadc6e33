package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.DatastoreName;
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
    name = "usage",
    description = {
      "Measure what namespaces take on disk, each with all below it.",
      "logical: what was backed up; deduplicated: the chunks that it needs, each once; exclusive:"
          + " those of them that nothing outside of it needs, which its removal would free."
    })
final class NamespaceUsageCommand implements Callable<Integer> {
  private static final List<Field> FIELDS =
      List.of(
          Field.of("namespace", Align.LEFT, NamespaceCommand::shown),
          Field.number("groups"),
          Field.number("snapshots"),
          bytes("logical"),
          bytes("deduplicated"),
          bytes("exclusive"));

  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private OutputOption output = new OutputOption();

  @Parameters(
      arity = "0..1",
      paramLabel = "STORE",
      description = "Datastore; default: that of the repository.")
  private @Nullable DatastoreName store;

  @Option(names = "--last", description = "Show the last measurement, and start none.")
  private boolean last;

  NamespaceUsageCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  private static Field bytes(String name) {
    return Field.of(name, Align.RIGHT, row -> HumanText.bytes(row.path(name + "-bytes").asLong()));
  }

  @Override
  public Integer call() throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    return connection.run(
        terminal,
        node -> {
          DatastoreName chosen = store == null ? node.datastore() : store;
          String path = "/mesh/datastore/" + NodeConnection.segment(chosen.text()) + "/usage";
          if (!last) {
            String upid = node.post(path, NodeConnection.object()).asText();
            new TaskFollower(terminal, node, upid).awaitEnd();
          }
          print(node.get(path, NodeConnection.query(namespace)));
        });
  }

  private void print(JsonNode answer) {
    if (output.isJson(terminal)) {
      OutputOption.json(terminal, answer);
      return;
    }
    output.print(terminal, answer.path("namespaces"), FIELDS);
    long unreadable = answer.path("unreadable-indexes").asLong();
    if (unreadable > 0) {
      terminal.message(
          "warning: left out "
              + HumanText.count(unreadable, "index", "indexes")
              + " that cannot be read; see the log of the task");
    }
  }
}
