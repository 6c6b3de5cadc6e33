package dev.holdfast.node.metrics;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.NamingConvention;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Figures in the line protocol of InfluxDB, which its HTTP and its UDP take alike:
 *
 * <pre>
 * line   measurement [ "," tag "=" text ]* " " field "=" number [ "," field "=" number ]* " " time
 * time   nanoseconds since 1970
 * </pre>
 *
 * Commas, blanks and equals signs in names and tags are escaped by a backslash.
 */
public final class InfluxLines {
  private final List<String> lines = new ArrayList<>();
  private final String host;
  private final String time;

  /**
   * @param host tag {@code host} of each line
   */
  public InfluxLines(String host, Instant at) {
    this.host = host;
    this.time = at.getEpochSecond() + String.format(Locale.ROOT, "%09d", at.getNano());
  }

  /** A line for each meter. */
  InfluxLines add(MeterRegistry registry) {
    for (Meter meter : registry.getMeters()) {
      SortedMap<String, Double> fields = new TreeMap<>();
      for (Measurement measured : meter.measure()) {
        fields.put(measured.getStatistic().getTagValueRepresentation(), measured.getValue());
      }
      SortedMap<String, String> tags = new TreeMap<>();
      for (Tag tag : meter.getId().getTags()) {
        tags.put(tag.getKey(), tag.getValue());
      }
      String name =
          NamingConvention.snakeCase.name(meter.getId().getName(), meter.getId().getType());
      add(name, tags, fields);
    }
    return this;
  }

  /** One line, unless no field is a number. */
  public InfluxLines add(
      String measurement, SortedMap<String, String> tags, SortedMap<String, Double> fields) {
    StringBuilder line = new StringBuilder(escaped(measurement));
    line.append(",host=").append(escaped(host));
    tags.forEach(
        (tag, text) -> {
          if (!text.isEmpty()) {
            line.append(',').append(escaped(tag)).append('=').append(escaped(text));
          }
        });
    char separator = ' ';
    for (var field : fields.entrySet()) {
      if (Double.isFinite(field.getValue())) {
        line.append(separator)
            .append(escaped(field.getKey()))
            .append('=')
            .append(number(field.getValue()));
        separator = ',';
      }
    }
    if (separator == ',') {
      lines.add(line.append(' ').append(time).toString());
    }
    return this;
  }

  public List<String> lines() {
    return List.copyOf(lines);
  }

  /** Without an exponent as long as it is a whole number, so that people can read it. */
  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = Character.isISOControl(text.charAt(i)) ? ' ' : text.charAt(i);
      if (c == ',' || c == ' ' || c == '=') {
        escaped.append('\\');
      }
      escaped.append(c == '\\' ? '/' : c); // a backslash itself cannot be escaped
    }
    return escaped.toString();
  }
}
