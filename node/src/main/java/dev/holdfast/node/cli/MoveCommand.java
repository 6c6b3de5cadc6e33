package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "move",
    description = {
      "Move backups to another namespace or datastore of the node.",
      "Owners, notes, protection and verification states go along; access rights and jobs that name"
          + " the old place do not."
    })
final class MoveCommand {
  private static final List<Field> STEPS =
      List.of(
          Field.of("from", Align.LEFT, row -> NamespaceCommand.shown(row, "ns")),
          Field.of("group", Align.LEFT, GroupCommand::name),
          Field.of("to", Align.LEFT, row -> NamespaceCommand.shown(row, "target-ns")),
          Field.of("snapshots", Align.RIGHT, row -> Field.plain(row.path("snapshots"))),
          Field.of("", Align.LEFT, MoveCommand::remark));

  private static final List<Field> MOVES =
      List.of(
          Field.text("move"),
          Field.of("began", Align.LEFT, row -> HumanText.time(row.path("began").asLong())),
          Field.of("state", Align.LEFT, MoveCommand::state),
          Field.text("what"),
          Field.of("groups", Align.RIGHT, row -> Field.plain(row.path("groups"))),
          Field.of("snapshots", Align.RIGHT, row -> Field.plain(row.path("snapshots"))));

  private final Terminal terminal;

  MoveCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** What the two kinds of a move have in common. */
  static final class MoveOptions {
    @Option(
        names = "--to-datastore",
        paramLabel = "DATASTORE",
        description = "Another datastore of the node; default: the same.")
    private @Nullable DatastoreName datastore;

    @Option(
        names = "--no-merge",
        description = "Leave a group that the target has already; else its newer snapshots join.")
    private boolean noMerge;

    @Option(names = "--dry-run", description = "Only tell what would be moved.")
    private boolean dryRun;

    @Option(names = "--no-wait", description = "Only start it, and print its task.")
    private boolean startOnly;
  }

  @Command(name = "group", description = "Move a group with all its snapshots.")
  int group(
      @Mixin ConnectionOptions connection,
      @Mixin MoveOptions options,
      @Mixin OutputOption output,
      @Mixin NamespaceOption namespaceOption,
      @Parameters(index = "0", paramLabel = "GROUP", description = "TYPE/ID") GroupId group,
      @Parameters(index = "1", paramLabel = "TARGET", description = "A namespace that exists.")
          Namespace target)
      throws Exception {
    ObjectNode order = NodeConnection.object();
    SnapshotChoice.query(namespaceOption.of(terminal), group).forEach(order::put);
    order.put("target-ns", target.toString()).put("merge-group", !options.noMerge);
    return run(connection, options, output, "/move-group", order);
  }

  @Command(
      name = "namespace",
      description = "Move a namespace and those below it, or give it another name.")
  int namespace(
      @Mixin ConnectionOptions connection,
      @Mixin MoveOptions options,
      @Mixin OutputOption output,
      @Parameters(index = "0", paramLabel = "NAMESPACE") Namespace namespace,
      @Parameters(
              index = "1",
              paramLabel = "TARGET",
              description = "Its name afterwards; the parent of that exists.")
          Namespace target,
      @Option(
              names = "--max-depth",
              paramLabel = "N",
              description = "Levels below it that go along; default: all.")
          @Nullable Integer maxDepth,
      @Option(names = "--keep-source", description = "Leave the emptied namespaces.")
          boolean keepSource)
      throws Exception {
    ObjectNode order =
        NodeConnection.object()
            .put("ns", namespace.toString())
            .put("target-ns", target.toString())
            .put("merge-groups", !options.noMerge)
            .put("delete-source", !keepSource);
    Given.put(order, "max-depth", maxDepth);
    return run(connection, options, output, "/move-namespace", order);
  }

  private int run(
      ConnectionOptions connection,
      MoveOptions options,
      OutputOption output,
      String path,
      ObjectNode order)
      throws Exception {
    if (options.datastore != null) {
      order.put("target-store", options.datastore.text());
    }
    return connection.run(
        terminal,
        node -> {
          if (options.dryRun) {
            Map<String, String> query = new TreeMap<>();
            order
                .properties()
                .forEach(field -> query.put(field.getKey(), field.getValue().asText()));
            show(output, node.get(node.storePath(path), query));
            return;
          }
          String upid = node.post(node.storePath(path), order).asText();
          TaskFollower.follow(terminal, node, upid, options.startOnly);
        });
  }

  private void show(OutputOption output, JsonNode plan) {
    if (output.isJson(terminal)) {
      OutputOption.json(terminal, plan);
      return;
    }
    output.print(terminal, plan.path("groups"), STEPS);
    plan.path("made").forEach(name -> terminal.line("would make namespace " + name.asText()));
    plan.path("removed")
        .forEach(name -> terminal.line("would remove namespace " + name.asText() + " when empty"));
  }

  @Command(name = "list", description = "List the moves that a datastore remembers.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    return connection.run(
        terminal, node -> output.print(terminal, node.get(node.storePath("/moves")), MOVES));
  }

  @Command(
      name = "resume",
      description = "Go on with a move that was stopped, or that left something.")
  int resume(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "MOVE", description = "As 'move list' shows it.") String move)
      throws Exception {
    return act(connection, move, "resume");
  }

  @Command(
      name = "undo",
      description = {
        "Bring back what a move has moved.",
        "What was backed up at the new place since then stays there."
      })
  int undo(
      @Mixin ConnectionOptions connection,
      @Parameters(paramLabel = "MOVE", description = "As 'move list' shows it.") String move)
      throws Exception {
    return act(connection, move, "undo");
  }

  private int act(ConnectionOptions connection, String move, String action) throws Exception {
    return connection.run(
        terminal,
        node -> {
          String path = node.storePath("/moves/") + NodeConnection.segment(move);
          String upid = node.post(path, NodeConnection.object().put("action", action)).asText();
          new TaskFollower(terminal, node, upid).toTheEnd();
        });
  }

  private static String remark(JsonNode row) {
    if (row.has("refusal")) {
      return "stays: " + row.path("refusal").asText();
    }
    return row.path("merge").asBoolean() ? "joins the group there" : "";
  }

  private static String state(JsonNode row) {
    String state = row.path("state").asText();
    return row.path("running").asBoolean() ? state + ", running" : state;
  }
}
