package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "sync", description = "Sync jobs: what is replicated, and how it goes.")
final class SyncCommand {
  private static final String SYNCS = "/mesh/syncs";

  private final Terminal terminal;

  SyncCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Command(name = "list", description = "List the sync jobs.")
  int list(@Mixin ConnectionOptions connection, @Mixin OutputOption output) throws Exception {
    return connection.run(
        terminal,
        node -> {
          JsonNode syncs = node.get(SYNCS);
          output.print(terminal, syncs, Field.all(syncs));
        });
  }

  @Command(
      name = "plan",
      description = "Show what a run would do now: the plan that the run itself makes.")
  int plan(
      @Mixin ConnectionOptions connection,
      @Mixin OutputOption output,
      @Parameters(
              paramLabel = "ID",
              converter = Checks.SyncName.class,
              description = "As `sync list` shows it.")
          String id)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          JsonNode plan = node.get(SYNCS + "/" + NodeConnection.segment(id) + "/plan");
          if (output.isJson(terminal)) {
            OutputOption.json(terminal, plan.has("plan") ? plan.get("plan") : plan);
          } else {
            plan.path("lines").forEach(line -> terminal.line(line.asText()));
          }
        });
  }

  @Command(name = "run", description = "Run a sync job now and follow it; fails when it fails.")
  int run(
      @Mixin ConnectionOptions connection,
      @Parameters(
              paramLabel = "ID",
              converter = Checks.SyncName.class,
              description = "As `sync list` shows it.")
          String id,
      @Option(names = "--no-wait", description = "Only start it, and print its task.")
          boolean startOnly)
      throws Exception {
    return connection.run(
        terminal,
        node -> {
          JsonNode upid = node.post(SYNCS + "/" + NodeConnection.segment(id) + "/run", null);
          if (startOnly) {
            terminal.line(upid.asText());
          } else {
            new TaskFollower(terminal, node, upid.asText()).toTheEnd();
          }
        });
  }
}
