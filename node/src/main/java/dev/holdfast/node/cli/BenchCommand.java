package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.bench.BesideBench;
import dev.holdfast.node.bench.ChunkerBench;
import dev.holdfast.node.bench.ClientBench;
import dev.holdfast.node.bench.GcBench;
import dev.holdfast.node.bench.IdleBench;
import dev.holdfast.node.bench.LoadBench;
import dev.holdfast.node.bench.Measurement;
import dev.holdfast.node.bench.StartBench;
import dev.holdfast.node.bench.TransferBench;
import dev.holdfast.node.bench.VerifyBench;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code scripts/bench} runs. Ends with 1 when a ratio does not hold its limit. */
@Command(name = BenchCommand.NAME, hidden = true, description = "Measure this machine's node.")
final class BenchCommand implements Callable<Integer> {
  static final String NAME = "bench";

  private static final String CLIENT = "client";
  private static final String LOAD = "load";
  private static final String GC = "gc";
  private static final String VERIFY = "verify";
  private static final String BESIDE = "beside";
  private static final String IDLE = "idle";
  private static final Set<String> ALL =
      Set.of("ingest", "restore", "chunker", "start", CLIENT, LOAD, GC, VERIFY, BESIDE, IDLE);

  private static final long CHUNKS_MIN = 1000;

  /** More do not fit into one index. */
  private static final long CHUNKS_MAX = 20_000_000;

  private final Terminal terminal;

  @Mixin private OutputOption output = new OutputOption();

  @Parameters(
      paramLabel = "WHAT",
      description =
          "ingest, restore, chunker, start, which are the default, client, load, gc, verify, beside or"
              + " idle.")
  private List<String> names = List.of();

  @Option(names = "--launcher", required = true, description = "scripts/holdfast")
  private Path launcher = Path.of("");

  @Option(
      names = "--directory",
      required = true,
      description = "an empty one, for all that is made")
  private Path directory = Path.of("");

  @Option(names = "--size", description = "MiB to transfer; default: ${DEFAULT-VALUE}.")
  private int mebibytes = 1024;

  @Option(
      names = "--transfers",
      description = "Runs of a transfer, verification or collection; default: ${DEFAULT-VALUE}.")
  private int transfers = 3;

  @Option(
      names = "--image",
      description = "MiB of the image beside restic and borg; default: ${DEFAULT-VALUE}.")
  private int imageMebibytes = 4096;

  @Option(names = "--rounds", description = "Of all three programs; default: ${DEFAULT-VALUE}.")
  private int rounds = 1;

  @Option(names = "--seconds", description = "Of load; default: ${DEFAULT-VALUE}.")
  private int seconds = 60;

  @Option(names = "--connections", description = "Of idle; default: ${DEFAULT-VALUE}.")
  private int connections = 10_000;

  @Option(names = "--chunks", description = "Of gc; default: ${DEFAULT-VALUE}.")
  private long chunks = 1_000_000;

  @Option(names = "--snapshots", description = "Of gc; default: ${DEFAULT-VALUE}.")
  private int snapshots = 200;

  @Option(names = "--starts", description = "Starts of a node; default: ${DEFAULT-VALUE}.")
  private int starts = 5;

  BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    checkUsage();
    List<Measurement> all = new ArrayList<>();
    if (wants("ingest") || wants("restore")) {
      terminal.message("transferring " + mebibytes + " MiB, again and again ...");
      Path work = Files.createDirectory(directory.resolve("transfer"));
      new TransferBench(this::client, work, mebibytes)
          .run(launcher, transfers).stream().filter(each -> wants(each.name())).forEach(all::add);
    }
    if (wants("chunker")) {
      terminal.message("cutting into chunks ...");
      all.add(ChunkerBench.run(starts));
    }
    if (wants("start")) {
      terminal.message("starting nodes ...");
      Path work = Files.createDirectory(directory.resolve("start"));
      all.addAll(StartBench.run(launcher, work, starts));
    }
    if (names.contains(CLIENT)) {
      Path work = Files.createDirectory(directory.resolve("client"));
      all.addAll(
          new ClientBench(launcher, work, imageMebibytes, terminal::message).run(rounds, starts));
    }
    if (names.contains(VERIFY)) {
      terminal.message("verifying " + mebibytes + " MiB, again and again ...");
      Path work = Files.createDirectory(directory.resolve(VERIFY));
      all.add(new VerifyBench(work, mebibytes).run(transfers));
    }
    if (names.contains(BESIDE)) {
      terminal.message(
          "backing up " + mebibytes + " MiB beside a verification, a collection and nothing ...");
      Path work = Files.createDirectory(directory.resolve(BESIDE));
      all.addAll(new BesideBench(this::client, work, mebibytes).run(launcher, transfers));
    }
    if (names.contains(GC)) {
      terminal.message("making " + chunks + " chunks, then collecting garbage ...");
      Path work = Files.createDirectory(directory.resolve(GC));
      all.addAll(new GcBench(work, chunks, snapshots).run(transfers));
    }
    if (names.contains(LOAD)) {
      terminal.message("backing up, restoring and asking, " + seconds + " s ...");
      Path work = Files.createDirectory(directory.resolve("load"));
      all.addAll(new LoadBench(launcher, work, seconds).run());
    }
    if (names.contains(IDLE)) {
      terminal.message("connecting " + connections + " times, then saying nothing ...");
      Path work = Files.createDirectory(directory.resolve(IDLE));
      all.addAll(new IdleBench(launcher, work, connections).run());
    }
    print(all);
    boolean holds = all.stream().allMatch(Measurement::holds);
    return (holds ? ExitCode.OK : ExitCode.FAILED).number();
  }

  private void checkUsage() {
    for (String name : names) {
      if (!ALL.contains(name)) {
        throw new UsageException(
            "no benchmark '" + name + "'",
            "There are ingest, restore, chunker, start, client, load, gc, verify, beside and idle.");
      }
    }
    if (mebibytes < 4 || mebibytes % 4 != 0 || imageMebibytes < 4) {
      throw new UsageException("--size takes a multiple of 4, --image at least 4", null);
    }
    if (transfers < 1 || starts < 1 || rounds < 1 || seconds < 1 || connections < 1) {
      throw new UsageException(
          "--transfers, --starts, --rounds, --seconds and --connections take at least 1", null);
    }
    if (chunks < CHUNKS_MIN || chunks > CHUNKS_MAX || snapshots < 1 || snapshots > CHUNKS_MIN) {
      throw new UsageException(
          String.format(
              "--chunks takes %d … %d, --snapshots 1 … %d", CHUNKS_MIN, CHUNKS_MAX, CHUNKS_MIN),
          null);
    }
  }

  private boolean wants(String name) {
    return names.isEmpty() || names.contains(name);
  }

  private void client(Path passwordFile, List<String> arguments) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
    Terminal quiet =
        new Terminal(
            InputStream.nullInputStream(),
            out,
            out,
            Map.of("PBS_PASSWORD_FILE", passwordFile.toString()),
            false,
            new Interruption(false));
    int code = Main.run(quiet, arguments.toArray(String[]::new));
    quiet.interruption().over();
    if (code != 0) {
      throw new IllegalStateException(
          "`" + arguments.getFirst() + "` failed: " + said.toString(StandardCharsets.UTF_8));
    }
  }

  private void print(List<Measurement> all) {
    ArrayNode rows = new ObjectMapper().createArrayNode();
    all.forEach(each -> fill(rows.addObject(), each));
    output.print(
        terminal,
        rows,
        List.of(
            Field.text("name"),
            decimals("median"),
            decimals("bound-median"),
            Field.text("unit"),
            decimals("ratio"),
            Field.text("required"),
            Field.text("bound")));
    if (!output.isJson(terminal)) {
      all.forEach(
          each ->
              terminal.line(
                  each.name()
                      + ": "
                      + raw(each.runs())
                      + " "
                      + each.unit()
                      + "; bound: "
                      + raw(each.boundRuns())));
    }
  }

  private static Field decimals(String name) {
    return Field.of(name, Table.Align.RIGHT, row -> decimals(row.path(name).asDouble()));
  }

  private static void fill(ObjectNode row, Measurement each) {
    row.put("name", each.name())
        .put("unit", each.unit())
        .put("median", each.median())
        .put("bound", each.bound())
        .put("bound-median", each.boundMedian())
        .put("ratio", each.ratio())
        .put("required", each.limit().text())
        .put("holds", each.holds());
    each.runs().forEach(row.putArray("runs")::add);
    each.boundRuns().forEach(row.putArray("bound-runs")::add);
  }

  private static String raw(List<Double> runs) {
    return runs.stream().map(BenchCommand::decimals).collect(Collectors.joining(" "));
  }

  /** Three digits tell all that a benchmark knows. */
  private static String decimals(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.0f", value);
  }
}
