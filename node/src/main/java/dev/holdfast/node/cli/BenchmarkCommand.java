package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.cli.Table.Align;
import dev.holdfast.node.cli.Table.Column;
import dev.holdfast.replication.peer.BackupSession;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "benchmark",
    description = {
      "Measure what a backup consists of, on one core: hashing, compressing, encrypting, verifying;"
          + " and, if a node is named, how fast the line to it is.",
      "The slowest of them, times the cores for all but the line, is what a backup can reach."
    })
final class BenchmarkCommand implements Callable<Integer> {
  /** The group that servers store nothing of (spec/protocols.md §4.1). */
  private static final GroupId GROUP = new GroupId(BackupType.HOST, "benchmark");

  private final Terminal terminal;

  @Mixin private ConnectionOptions connection = new ConnectionOptions();
  @Mixin private OutputOption output = new OutputOption();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long to measure each; default: ${DEFAULT-VALUE}.")
  private int seconds = 3;

  BenchmarkCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    if (seconds < 1) {
      throw new UsageException("--seconds takes 1 or more", null);
    }
    terminal.interruption().arm();
    Duration each = Duration.ofSeconds(seconds);
    ObjectNode results = NodeConnection.object();
    if (connection.isNamed(terminal)) {
      int code = connection.run(terminal, node -> line(node, each, results));
      if (code != ExitCode.OK.number()) {
        return code;
      }
    }
    for (Benchmark benchmark : Benchmark.values()) {
      put(results, benchmark.title(), benchmark.run(each));
    }
    if (output.isJson(terminal)) {
      OutputOption.json(terminal, results);
    } else {
      print(results);
    }
    return ExitCode.OK.number();
  }

  private static void line(NodeConnection node, Duration length, ObjectNode results) {
    SnapshotId snapshot = GROUP.at(Instant.now().getEpochSecond());
    try (BackupSession session =
        node.node().openBackup(node.datastore(), Namespace.ROOT, snapshot, true)) {
      put(results, "tls", LineSpeed.measure(session, length));
    }
  }

  private static void put(ObjectNode results, String name, double bytesPerSecond) {
    results.putObject(name).put("speed", bytesPerSecond);
  }

  private void print(ObjectNode results) {
    Table table =
        new Table(List.of(new Column("what", Align.LEFT), new Column("speed", Align.RIGHT)));
    results
        .properties()
        .forEach(
            each -> {
              long speed = each.getValue().path("speed").asLong();
              table.add(List.of(each.getKey(), HumanText.bytes(speed) + "/s"));
            });
    terminal.out().print(table.render());
  }
}
