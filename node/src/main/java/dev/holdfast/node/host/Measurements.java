package dev.holdfast.node.host;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.DoubleStream;

/**
 * What was measured of one thing, in memory: a day by the minute, a month by the half hour. A
 * restart begins anew, and says so by having no values. Any thread.
 */
public final class Measurements {
  /** How often somebody measures. */
  public static final int STEP_SECONDS = 60;

  /** The coarser of the two resolutions. */
  public static final int LONG_STEP_SECONDS = 30 * 60;

  /** Of each resolution: 24 hours, and 30 days. */
  public static final int VALUES_MAX = 1440;

  /** Fewer make no line. */
  private static final int ESTIMATE_VALUES_MIN = 7;

  /** How several values become one. */
  public enum Summary {
    AVERAGE,
    MAX
  }

  /**
   * Values of one moment, or of the time since then that a step takes.
   *
   * @param time seconds since 1970
   * @param values by name; one that could not be had is not there
   */
  public record Sample(long time, SortedMap<String, Double> values) {
    public Sample {
      values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }
  }

  private final Deque<Sample> minutes = new ArrayDeque<>();
  private final Deque<Sample> halfHours = new ArrayDeque<>();

  public synchronized void add(Sample sample) {
    long slot = sample.time() - sample.time() % LONG_STEP_SECONDS;
    Sample last = minutes.peekLast();
    if (last != null && last.time() < slot) {
      long from = last.time() - last.time() % LONG_STEP_SECONDS;
      keep(halfHours, new Sample(from, summary(between(minutes, from, slot), Summary.AVERAGE)));
    }
    keep(minutes, sample);
  }

  private static void keep(Deque<Sample> samples, Sample sample) {
    samples.addLast(sample);
    if (samples.size() > VALUES_MAX) {
      samples.removeFirst();
    }
  }

  /** Empty before anything was measured. */
  public synchronized Optional<Sample> last() {
    return Optional.ofNullable(minutes.peekLast());
  }

  /** The newest ones, oldest first. */
  public synchronized List<Sample> since(long time) {
    return between(minutes, time, Long.MAX_VALUE);
  }

  /**
   * One for each step, oldest first; a step without a measurement has no values.
   *
   * @param from seconds since 1970, a multiple of the step
   * @param stepSeconds from {@link #STEP_SECONDS} on
   */
  public synchronized List<Sample> steps(long from, int count, int stepSeconds, Summary summary) {
    List<Sample> steps = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long start = from + (long) i * stepSeconds;
      List<Sample> known = between(minutes, start, start + stepSeconds);
      if (known.isEmpty()) {
        known = between(halfHours, start, start + stepSeconds);
      }
      steps.add(new Sample(start, summary(known, summary)));
    }
    return steps;
  }

  private static List<Sample> between(Deque<Sample> samples, long from, long to) {
    Sample first = samples.peekFirst();
    Sample last = samples.peekLast();
    if (first == null || last == null || last.time() < from || first.time() >= to) {
      return List.of(); // most steps of a long time
    }
    return samples.stream().filter(s -> s.time() >= from && s.time() < to).toList();
  }

  private static SortedMap<String, Double> summary(List<Sample> samples, Summary summary) {
    DoubleBinaryOperator join = summary == Summary.MAX ? Math::max : Double::sum;
    SortedMap<String, Double> joined = new TreeMap<>();
    SortedMap<String, Integer> counts = new TreeMap<>();
    for (Sample sample : samples) {
      sample
          .values()
          .forEach(
              (name, value) -> {
                joined.merge(name, value, join::applyAsDouble);
                counts.merge(name, 1, Integer::sum);
              });
    }
    if (summary == Summary.AVERAGE) {
      joined.replaceAll((name, sum) -> sum / counts.getOrDefault(name, 1));
    }
    return joined;
  }

  /**
   * When a share that grows along a line is 1, in seconds since 1970; NaN when too few values say
   * so (spec/rest-api.md §6.7).
   *
   * @param shares by time
   */
  public static double fullAt(Map<Long, Double> shares) {
    int count = shares.size();
    if (count < ESTIMATE_VALUES_MIN) {
      return Double.NaN;
    }
    double meanTime = shares.keySet().stream().mapToDouble(Long::doubleValue).average().orElse(0);
    double meanShare = values(shares).average().orElse(0);
    double covariance = 0;
    double variance = 0;
    for (Map.Entry<Long, Double> share : shares.entrySet()) {
      double time = share.getKey() - meanTime;
      covariance += time * (share.getValue() - meanShare);
      variance += time * time;
    }
    double slope = variance == 0 ? 0 : covariance / variance;
    return slope == 0 ? 0 : meanTime + (1 - meanShare) / slope;
  }

  private static DoubleStream values(Map<Long, Double> shares) {
    return shares.values().stream().mapToDouble(Double::doubleValue);
  }
}
