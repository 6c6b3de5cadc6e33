package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.meshconfig.TimeSpan;
import dev.holdfast.node.cli.Table.Align;
import dev.holdfast.node.maintenance.BackupVolume;
import dev.holdfast.node.maintenance.PruneSimulation;
import dev.holdfast.node.maintenance.PruneSimulation.Count;
import dev.holdfast.node.maintenance.PruneSimulation.Result;
import dev.holdfast.node.maintenance.PruneSimulation.Snapshot;
import dev.holdfast.node.maintenance.PruneSimulationJson;
import dev.holdfast.node.traffic.ByteCount;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "simulate",
    description = {
      "Show which snapshots rules would keep, how many, and how much they would take, if backups"
          + " were made by a schedule.",
      "Nothing is read and nothing removed; no node is needed."
    })
final class PruneSimulateCommand implements Callable<Integer> {
  /** Lines of the drawing, and its widest bar. */
  private static final int BARS_MAX = 24;

  private static final int BAR_WIDTH_MAX = 50;

  private final Terminal terminal;

  @Mixin private KeepOptions keep = new KeepOptions();
  @Mixin private OutputOption output = new OutputOption();

  @Option(
      names = "--schedule",
      paramLabel = "EVENT",
      required = true,
      description = "When backups are made, such as `hourly` or `mon..fri 20:00`.")
  private @Nullable CalendarEvent schedule;

  @Option(
      names = "--prune-schedule",
      paramLabel = "EVENT",
      description = "When the rules are applied; default: after each backup.")
  private @Nullable CalendarEvent pruneSchedule;

  @Option(
      names = "--hold",
      paramLabel = "TIME",
      defaultValue = "0",
      description = "Nothing is removed that is younger, as with `hold` in mesh.yaml.")
  private @Nullable TimeSpan hold;

  @Option(
      names = "--span",
      paramLabel = "TIME",
      defaultValue = "1y",
      description = "How long until now, such as 90d or 10y; default: ${DEFAULT-VALUE}.")
  private @Nullable TimeSpan span;

  @Option(
      names = "--size",
      paramLabel = "BYTES",
      description = "Of one backup as it is stored, such as 500GB, to see how much there would be.")
  private @Nullable ByteCount size;

  @Option(
      names = "--change",
      paramLabel = "BYTES",
      description = "How much of it is new in each backup, such as 5GB; default: nothing.")
  private @Nullable ByteCount change;

  PruneSimulateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    long end = Instant.now().getEpochSecond();
    long seconds = required(span).duration().toSeconds();
    if (seconds < 1) {
      throw new UsageException(
          "found a --span of " + required(span) + ", expected a second or more", null);
    }
    long start = end - seconds;
    Result result =
        PruneSimulation.run(
            new PruneSimulation.Plan(
                required(schedule),
                Optional.ofNullable(pruneSchedule),
                keep.rules(),
                BackupVolume.of(Optional.ofNullable(size), Optional.ofNullable(change)),
                required(hold).duration(),
                ZoneId.systemDefault(),
                start,
                end));
    if (output.isJson(terminal)) {
      OutputOption.json(terminal, PruneSimulationJson.of(result));
    } else {
      draw(result);
    }
    return ExitCode.OK.number();
  }

  /** Of an option that is required or has a default. */
  private static <T> T required(@Nullable T value) {
    return Objects.requireNonNull(value);
  }

  private void draw(Result result) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    long end = result.plan().end();
    for (Snapshot snapshot : result.kept()) {
      rows.addObject()
          .put("backup-time", snapshot.made())
          .put("age", span(snapshot.lifeSeconds(end)))
          .put("kept by", snapshot.reason());
    }
    output.print(
        terminal,
        rows,
        List.of(
            Field.time("backup-time"),
            Field.of("age", Align.RIGHT, row -> row.path("age").asText()),
            Field.text("kept by")));
    terminal.line("");
    bars(result);
    terminal.line("");
    terminal.line(
        result.snapshots().size()
            + " made, "
            + result.kept().size()
            + " kept, at most "
            + result.countMax()
            + " at a time");
    result
        .bytes()
        .ifPresent(
            bytes ->
                terminal.line(
                    HumanText.bytes(bytes)
                        + " in those kept, at most "
                        + HumanText.bytes(result.bytesMax().orElse(bytes))
                        + " at a time"));
  }

  /** How many there are, or how much they take, over time. */
  private void bars(Result result) {
    List<Count> counts = result.counts();
    int step = Math.max(1, (counts.size() + BARS_MAX - 1) / BARS_MAX);
    long most = Math.max(1, result.bytesMax().orElse(result.countMax()));
    // Counted from the end, so that the last line is the present.
    for (int i = (counts.size() - 1) % step; i < counts.size(); i += step) {
      Count count = counts.get(i);
      double share = (double) count.bytes().orElse(count.snapshots()) / most;
      terminal.line(
          HumanText.time(count.time())
              + String.format(Locale.ROOT, " %6d ", count.snapshots())
              + bytes(count)
              + "█".repeat((int) (share * BAR_WIDTH_MAX)));
    }
  }

  private static String bytes(Count count) {
    return count.bytes().isEmpty()
        ? ""
        : String.format(Locale.ROOT, "%10s ", HumanText.bytes(count.bytes().getAsLong()));
  }

  /** In days from two days on. */
  private static String span(long seconds) {
    Duration age = Duration.ofSeconds(seconds);
    return age.toDays() >= 2 ? age.toDays() + " d" : age.toHours() + " h";
  }
}
