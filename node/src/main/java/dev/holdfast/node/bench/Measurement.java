package dev.holdfast.node.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * One figure of a benchmark beside what bounds it, taken in the same run on the same machine.
 *
 * @param unit of both
 * @param runs in the order they were taken, at least one; the figure is their median
 * @param bound what {@code boundRuns} are, in words
 * @param boundRuns a fixed limit, or what the machine does at best, measured between the runs: as
 *     many, and the machine was the same to the two that belong together
 * @param limit what the ratio has to hold
 */
public record Measurement(
    String name,
    String unit,
    List<Double> runs,
    String bound,
    List<Double> boundRuns,
    Limit limit) {
  /** Of a ratio to its bound. */
  public record Limit(String text, double min, double max) {
    public static final Limit NONE = new Limit("-", 0, Double.MAX_VALUE);

    public static Limit atLeast(double ratio) {
      return new Limit(String.format(Locale.ROOT, ">= %.2f", ratio), ratio, Double.MAX_VALUE);
    }

    public static Limit atMost(double ratio) {
      return new Limit(String.format(Locale.ROOT, "<= %.2f", ratio), 0, ratio);
    }

    boolean holds(double ratio) {
      return ratio >= min && ratio <= max;
    }
  }

  /** Of a figure that must not be above a fixed limit. */
  static Measurement limited(String name, String unit, List<Double> runs, double max) {
    return new Measurement(name, unit, runs, "the limit", List.of(max), Limit.atMost(1));
  }

  public Measurement {
    runs = List.copyOf(runs);
    boundRuns = List.copyOf(boundRuns);
  }

  public double median() {
    return median(runs);
  }

  public double boundMedian() {
    return median(boundRuns);
  }

  /** Of each run to the bound taken beside it, the median; to the bound's when there is one. */
  public double ratio() {
    if (runs.size() != boundRuns.size()) {
      return median() / boundMedian();
    }
    return median(
        IntStream.range(0, runs.size()).mapToObj(i -> runs.get(i) / boundRuns.get(i)).toList());
  }

  public boolean holds() {
    return limit.holds(ratio());
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("nothing was measured: " + Arrays.toString(sorted));
    }
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
