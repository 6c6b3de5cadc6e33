package dev.holdfast.node.metrics;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import java.util.Map;
import java.util.Set;

/** {@code metricserver.cfg}: where figures are sent to (spec/formats.md §10.8). */
public final class MetricServerConfig {
  /** Types of sections. */
  public static final String HTTP = "influxdb-http";

  public static final String UDP = "influxdb-udp";

  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          HTTP,
          new Schema(
              Set.of(
                  "url",
                  "enable",
                  "token",
                  "bucket",
                  "organization",
                  "max-body-size",
                  "verify-tls",
                  "comment"),
              Set.of("url"),
              Set.of()),
          UDP,
          new Schema(Set.of("host", "enable", "mtu", "comment"), Set.of("host"), Set.of()));

  private MetricServerConfig() {}

  /** Read here once, so that a damaged one stops the start of the node. */
  public static StateFile<SectionConfig> file(StateDirectory directory) {
    StateFile<SectionConfig> file =
        new StateFile<>(
            directory, "metricserver.cfg", MetricServerConfig::parse, SectionConfig::format);
    var unused = file.load();
    return file;
  }

  private static SectionConfig parse(String text) {
    return SectionConfig.parse(text, SCHEMAS);
  }

  /** Throws INVALID_INPUT naming the value that means nothing. */
  public static MetricServer server(Section section) {
    return switch (section.type()) {
      case HTTP -> InfluxHttp.of(section);
      case UDP -> InfluxUdp.of(section);
      default ->
          throw BackupException.invalid("there is no metric server of type " + section.type());
    };
  }

  /** Unless it says otherwise. */
  public static boolean isEnabled(Section section) {
    String value = section.value("enable");
    return value == null || SectionValues.bool(value);
  }

  /** Where it is, for people. */
  public static String address(Section section) {
    return String.valueOf(section.value(section.type().equals(HTTP) ? "url" : "host"));
  }
}
