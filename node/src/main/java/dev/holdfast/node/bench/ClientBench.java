package dev.holdfast.node.bench;

import dev.holdfast.node.bench.BackupTool.Cost;
import dev.holdfast.node.bench.Measurement.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/**
 * A machine's backup by our client, restic and borg, one after the other on the same data: the
 * first backup, a second one with 1 % changed, a restore, which is compared. The others write to a
 * directory in their own process; ours has a node in another one, whose processor time counts too.
 * Every program starts cold, as from a timer, but for the node, which was asked before.
 */
public final class ClientBench {
  private static final Limit WALL = Limit.atMost(1);
  private static final Limit RESTORE_WALL = Limit.atMost(0.8);
  private static final Limit CPU = Limit.atMost(1.2);
  private static final double FIRST_BYTE_SECONDS_MAX = 1.5;

  /** Enough for the compiler of the node to be through with what it does for a backup. */
  private static final int WARM_UP_RUNS = 2;

  private static final int WARM_UP_MEBIBYTES = 256;
  private static final int FIRST_BYTE_MEBIBYTES = 16;

  private final Path launcher;
  private final Path directory;
  private final int imageMebibytes;
  private final Consumer<String> progress;

  /** What one program took in each round. */
  private record Series(List<Cost> first, List<Cost> incremental, List<Cost> restore) {
    Series() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /** Makes a program's empty repository in an empty directory. */
  @FunctionalInterface
  private interface Maker {
    BackupTool make(Path empty) throws IOException;
  }

  /**
   * @param launcher {@code scripts/holdfast}
   * @param directory an empty one, with room for three times the data
   * @param progress is told what is done now
   */
  public ClientBench(Path launcher, Path directory, int imageMebibytes, Consumer<String> progress) {
    this.launcher = launcher;
    this.directory = directory;
    this.imageMebibytes = imageMebibytes;
    this.progress = progress;
  }

  /**
   * @param rounds of all programs
   * @param starts of our client, to its first byte
   */
  public List<Measurement> run(int rounds, int starts) throws IOException {
    Series ours = new Series();
    Series restic = new Series();
    Series borg = new Series();
    for (int i = 0; i < rounds; i++) {
      round(restic, ResticTool::new);
      round(borg, BorgTool::new);
      round(ours, this::warmHoldfast);
    }
    List<Measurement> all = new ArrayList<>();
    all.addAll(beside("first backup", ours.first, restic.first, borg.first, WALL));
    all.addAll(beside("incremental", ours.incremental, restic.incremental, borg.incremental, WALL));
    all.addAll(beside("restore", ours.restore, restic.restore, borg.restore, RESTORE_WALL));
    all.add(firstByte(starts));
    return all;
  }

  private void round(Series series, Maker maker) throws IOException {
    Path work = Files.createDirectory(directory.resolve("round"));
    Path target = work.resolve("restored");
    ClientData data =
        ClientData.write(Files.createDirectory(work.resolve("source")), imageMebibytes);
    try (BackupTool tool = maker.make(Files.createDirectory(work.resolve("tool")))) {
      series.first.add(told(tool, "first backup", tool.backup(data)));
      data.change(BenchData.SEED + 1);
      series.incremental.add(told(tool, "incremental", tool.backup(data)));
      series.restore.add(told(tool, "restore", tool.restore(target)));
      data.requireSame(tool.restored(data, target));
    }
    new ToolRun(directory, directory.resolve("log"), Map.of())
        .run(List.of("rm", "-rf", work.toString()));
  }

  private Cost told(BackupTool tool, String what, Cost cost) {
    progress.accept(
        String.format(
            Locale.ROOT,
            "%s, %s: %.1f s, CPU %.1f s + %.1f s",
            tool.name(),
            what,
            cost.wallSeconds(),
            cost.clientSeconds(),
            cost.serverSeconds()));
    return cost;
  }

  private HoldfastTool warmHoldfast(Path directory) throws IOException {
    HoldfastTool tool = new HoldfastTool(launcher, directory);
    Path file = directory.resolve("warm-up");
    for (int i = 0; i < WARM_UP_RUNS; i++) {
      BenchData.write(file, WARM_UP_MEBIBYTES, BenchData.SEED + 10 + i);
      tool.warmUp(file);
    }
    Files.delete(file);
    return tool;
  }

  private Measurement firstByte(int starts) throws IOException {
    Path work = Files.createDirectory(directory.resolve("first-byte"));
    Path file = work.resolve("file");
    List<Double> seconds = new ArrayList<>();
    try (HoldfastTool tool = warmHoldfast(work)) {
      for (int i = 0; i < starts; i++) {
        BenchData.write(file, FIRST_BYTE_MEBIBYTES, BenchData.SEED + i);
        seconds.add(tool.secondsToFirstByte(file));
      }
    }
    return new Measurement(
        "start of the client to its first data",
        Rates.SECONDS,
        seconds,
        "the limit",
        List.of(FIRST_BYTE_SECONDS_MAX),
        Limit.atMost(1));
  }

  private static List<Measurement> beside(
      String what, List<Cost> ours, List<Cost> restic, List<Cost> borg, Limit wall) {
    return List.of(
        beside(what, ours, restic, borg, Cost::wallSeconds, wall),
        beside(what + ", CPU", ours, restic, borg, Cost::cpuSeconds, CPU),
        beside(what + ", CPU, client", ours, restic, borg, Cost::clientSeconds, Limit.NONE));
  }

  /** The others' figure is the better one's. */
  private static Measurement beside(
      String name,
      List<Cost> ours,
      List<Cost> restic,
      List<Cost> borg,
      ToDoubleFunction<Cost> figure,
      Limit limit) {
    List<Double> ofRestic = figures(restic, figure);
    List<Double> ofBorg = figures(borg, figure);
    boolean resticIsBetter = Measurement.median(ofRestic) <= Measurement.median(ofBorg);
    return new Measurement(
        name,
        Rates.SECONDS,
        figures(ours, figure),
        resticIsBetter ? "restic" : "borg",
        resticIsBetter ? ofRestic : ofBorg,
        limit);
  }

  private static List<Double> figures(List<Cost> costs, ToDoubleFunction<Cost> figure) {
    return costs.stream().mapToDouble(figure).boxed().toList();
  }
}
