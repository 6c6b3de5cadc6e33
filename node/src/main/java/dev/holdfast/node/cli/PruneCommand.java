package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.node.cli.Table.Align;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    })
final class PruneCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private NamespaceOption namespaceOption = new NamespaceOption();
  @Mixin private OutputOption output = new OutputOption();

  @Parameters(paramLabel = "GROUP", description = "TYPE/ID")
  private @Nullable GroupId group;

  @Option(names = "--keep-last", paramLabel = "N", description = "The newest snapshots.")
  private @Nullable Long last;

  @Option(names = "--keep-hourly", paramLabel = "N", description = "One per hour.")
  private @Nullable Long hourly;

  @Option(names = "--keep-daily", paramLabel = "N", description = "One per day.")
  private @Nullable Long daily;

  @Option(names = "--keep-weekly", paramLabel = "N", description = "One per week.")
  private @Nullable Long weekly;

  @Option(names = "--keep-monthly", paramLabel = "N", description = "One per month.")
  private @Nullable Long monthly;

  @Option(names = "--keep-yearly", paramLabel = "N", description = "One per year.")
  private @Nullable Long yearly;

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
    ObjectNode body = SnapshotChoice.body(namespace, Objects.requireNonNull(group));
    rules().forEach((period, count) -> body.put(period.option(), count));
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

  private Map<Period, Long> rules() {
    Map<Period, Long> rules = new EnumMap<>(Period.class);
    put(rules, Period.LAST, last);
    put(rules, Period.HOURLY, hourly);
    put(rules, Period.DAILY, daily);
    put(rules, Period.WEEKLY, weekly);
    put(rules, Period.MONTHLY, monthly);
    put(rules, Period.YEARLY, yearly);
    return rules;
  }

  private static void put(Map<Period, Long> rules, Period period, @Nullable Long count) {
    if (count != null) {
      if (count < 1) {
        throw new UsageException("--" + period.option() + " takes 1 or more", null);
      }
      rules.put(period, count);
    }
  }

  private String action(JsonNode row) {
    boolean keep = row.path("keep").asBoolean() || row.path("protected").asBoolean();
    return keep ? "keep" : dryRun ? "would remove" : "removed";
  }
}
