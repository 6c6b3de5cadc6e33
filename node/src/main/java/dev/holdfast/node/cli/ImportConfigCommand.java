package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.node.StateLock;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.adopt.ConfigImport;
import dev.holdfast.node.adopt.ImportItem.Outcome;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "import-config",
    description = {
      "Bring the configuration of a Proxmox Backup Server into a state directory.",
      "Users, API tokens, passwords, second factors, access control, realms, remotes and sync jobs"
          + " come; what is here already stays as it is; what has no place here is listed with the"
          + " reason. The node must not run meanwhile."
    })
final class ImportConfigCommand implements Callable<Integer> {
  private static final List<Field> FIELDS =
      List.of(Field.text("file"), Field.text("id"), Field.text("outcome"), Field.text("reason"));

  private final Terminal terminal;

  @Parameters(paramLabel = "DIR", description = "e.g. /etc/proxmox-backup, or a copy of it.")
  private Path source = Path.of("");

  @Option(
      names = "--state",
      paramLabel = "DIR",
      required = true,
      description = "State directory of the node, made if there is none.")
  private Path state = Path.of("");

  @Option(names = "--dry-run", description = "Only list what would become of each thing.")
  private boolean dryRun;

  @Mixin private OutputOption output = new OutputOption();

  ImportConfigCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    StateDirectory directory = StateDirectory.open(new LocalFiles(), state, new SecureRandom());
    try (StateLock lock = StateLock.take(directory)) {
      ConfigImport plan = ConfigImport.plan(source.toAbsolutePath(), directory);
      output.print(terminal, rows(plan), FIELDS);
      if (!dryRun) {
        plan.apply();
      }
      terminal.message(
          (dryRun ? "would bring " : "brought ")
              + count(plan, Outcome.NEW)
              + ", kept "
              + count(plan, Outcome.KEPT)
              + " as they are here, left out "
              + count(plan, Outcome.LEFT_OUT));
    }
    return ExitCode.OK.number();
  }

  private static ArrayNode rows(ConfigImport plan) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    plan.items()
        .forEach(
            item ->
                rows.addObject()
                    .put("file", item.file())
                    .put("id", item.id())
                    .put("outcome", item.outcome().text())
                    .put("reason", item.reason()));
    return rows;
  }

  private static long count(ConfigImport plan, Outcome outcome) {
    return plan.items().stream().filter(item -> item.outcome() == outcome).count();
  }
}
