package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.node.host.Measurements.Sample;
import dev.holdfast.node.host.NodeMeasurements;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * All figures of this node for an InfluxDB: those of {@link NodeMetrics} under their names there,
 * and what was measured of the machine and the datastores under the names that real servers give it
 * (spec/engine.md §13). Blocks on files.
 *
 * @param host names this node in each line
 * @param stores that are in use now
 */
public record Figures(
    String host,
    NodeMetrics metrics,
    NodeMeasurements measured,
    Supplier<Set<DatastoreName>> stores,
    InstantSource clock)
    implements Supplier<List<String>> {
  /** Names of fields by those of measurements. */
  private static final Map<String, String> CPU =
      Map.of("cpu", "cpu", "iowait", "iowait", "loadavg", "avg1");

  private static final Map<String, String> MEMORY =
      Map.of(
          "memtotal", "memtotal",
          "memused", "memused",
          "swaptotal", "swaptotal",
          "swapused", "swapused");

  private static final Map<String, String> DISK =
      Map.of("total", "total", "used", "used", "available", "available");

  @Override
  public List<String> get() {
    InfluxLines now = new InfluxLines(host, clock.instant());
    metrics.addTo(now);
    List<String> lines = new ArrayList<>(now.lines());
    measured.host().last().ifPresent(sample -> lines.addAll(ofHost(sample)));
    for (DatastoreName store : stores.get()) {
      Optional<Sample> sample = measured.store(store).last();
      sample.ifPresent(last -> lines.addAll(ofStore(store, last)));
    }
    return lines;
  }

  private List<String> ofHost(Sample sample) {
    SortedMap<String, String> tags = new TreeMap<>(Map.of("object", "host"));
    return lines(sample)
        .add("cpustat", tags, fields(sample, CPU))
        .add("memory", tags, fields(sample, MEMORY))
        .add("blockstat", tags, fields(sample, DISK))
        .lines();
  }

  private List<String> ofStore(DatastoreName store, Sample sample) {
    SortedMap<String, String> tags =
        new TreeMap<>(Map.of("object", "host", "datastore", store.text()));
    return lines(sample).add("blockstat", tags, fields(sample, DISK)).lines();
  }

  /** Of the time of the measurement, so that sending it twice makes one point. */
  private InfluxLines lines(Sample sample) {
    return new InfluxLines(host, Instant.ofEpochSecond(sample.time()));
  }

  private static SortedMap<String, Double> fields(Sample sample, Map<String, String> names) {
    SortedMap<String, Double> fields = new TreeMap<>();
    names.forEach(
        (ours, name) -> {
          Double value = sample.values().get(ours);
          if (value != null) {
            fields.put(name, value);
          }
        });
    return Collections.unmodifiableSortedMap(fields);
  }
}
