package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.node.cli.Table.Align;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "task", description = "Tasks of a node and their logs.")
final class TaskCommand {
  private final Terminal terminal;

  TaskCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List tasks, the newest first.")
  int list(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "50",
              description = "At most so many; default: 50.")
          int limit,
      @Option(names = "--running", description = "Only those that still run.") boolean running,
      @Option(names = "--all", arity = "0..1", hidden = true, description = "It is so without.")
          boolean all)
      throws Exception {
    List<Field> fields =
        List.of(
            Field.time("starttime"),
            Field.time("endtime"),
            Field.text("user"),
            Field.of("status", Align.LEFT, TaskCommand::status),
            Field.text("upid"));
    Map<String, String> query = new TreeMap<>(Map.of("limit", Integer.toString(limit)));
    if (running) {
      query.put("running", "true");
    }
    return connection.run(
        terminal,
        node -> output.print(terminal, node.get("/nodes/localhost/tasks", query), fields));
  }

  private static String status(JsonNode task) {
    return task.has("endtime") ? task.path("status").asText() : "running";
  }

  @Command(name = "log", description = "Print the log of a task.")
  int log(
      @Mixin ConnectionOptions connection,
      @Parameters(
              paramLabel = "UPID",
              converter = Checks.TaskId.class,
              description = "As `task list` shows it.")
          String upid,
      @Option(
              names = "--follow",
              description = "Go on until the task ends; fails when the task does.")
          boolean follow)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          TaskFollower follower = new TaskFollower(terminal, node, upid);
          if (follow) {
            follower.toTheEnd();
          } else {
            follower.printNew();
          }
        });
  }

  @Command(name = "stop", description = "Ask a task to stop; its log says when it has.")
  int stop(
      @Mixin ConnectionOptions connection,
      @Parameters(
              paramLabel = "UPID",
              converter = Checks.TaskId.class,
              description = "As `task list` shows it.")
          String upid)
      throws Exception {
    return connection.run(
        terminal,
        node -> node.delete("/nodes/localhost/tasks/" + NodeConnection.segment(upid), Map.of()));
  }
}
