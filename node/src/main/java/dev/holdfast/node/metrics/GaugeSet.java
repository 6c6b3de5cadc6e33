package dev.holdfast.node.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gauges whose rows come and go, such as one for each job: what is not added again before {@link
 * #publish} is gone. Not thread-safe.
 */
final class GaugeSet {
  private final MeterRegistry registry;
  private final Map<String, MultiGauge> gauges = new LinkedHashMap<>();
  private final Map<String, List<Row<?>>> rows = new LinkedHashMap<>();

  GaugeSet(MeterRegistry registry) {
    this.registry = registry;
  }

  void clear() {
    rows.values().forEach(List::clear);
  }

  void add(String name, String description, Tags tags, long value) {
    gauges.computeIfAbsent(
        name, key -> MultiGauge.builder(key).description(description).register(registry));
    rows.computeIfAbsent(name, key -> new ArrayList<>()).add(Row.of(tags, value));
  }

  void publish() {
    gauges.forEach((name, gauge) -> gauge.register(rows.getOrDefault(name, List.of()), true));
  }
}
