package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.catalog.CatalogLine;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "diff",
    description = {
      "List what changed in an archive from one snapshot to another: + added, - removed, and what"
          + " is different of the rest.",
      "Files of the same size and time count as equal, unless their contents are compared, too."
    })
final class DiffCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private KeyOptions keys = new KeyOptions();
  @Mixin private OutputOption output = new OutputOption();

  @Parameters(index = "0", paramLabel = "ARCHIVE", description = "e.g. root.pxar")
  private String archive = "";

  @Parameters(index = "1", paramLabel = "OLD", description = "TYPE/ID/TIME")
  private @Nullable SnapshotChoice old;

  @Parameters(
      index = "2",
      paramLabel = "NEW",
      description = "TYPE/ID/TIME, or TYPE/ID for the newest of the group.")
  private @Nullable SnapshotChoice recent;

  @Option(
      names = "--compare-content",
      arity = "0..1",
      description = "Read files of the same size, even of the same time.")
  private boolean compareContent;

  DiffCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    Namespace namespace = namespaceOption.of(terminal);
    boolean json = output.isJson(terminal);
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    return connection.run(
        terminal,
        node -> {
          try (OpenSnapshot before =
                  OpenSnapshot.open(terminal, node, namespace, Objects.requireNonNull(old), keys);
              OpenSnapshot after =
                  OpenSnapshot.open(
                      terminal, node, namespace, Objects.requireNonNull(recent), keys)) {
            new TreeDiff(
                    before.tree(archive).archive(), after.tree(archive).archive(), compareContent)
                .run(difference -> show(difference, json, rows));
          }
          if (json) {
            OutputOption.json(terminal, rows);
          }
        });
  }

  private void show(TreeDiff.Difference difference, boolean json, ArrayNode rows) {
    String path = CatalogLine.escaped(difference.path());
    if (json) {
      var row = rows.addObject().put("change", difference.kind().word()).put("path", path);
      difference.what().forEach(row.putArray("what")::add);
      return;
    }
    String what =
        difference.what().isEmpty() ? "" : " (" + String.join(", ", difference.what()) + ")";
    terminal.line(difference.kind().sign() + " /" + path + what);
  }
}
