package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Options of the node as a whole, {@code node.cfg} (spec/formats.md §10.10):
 *
 * <pre>
 * file := (comment | option)*
 * comment := "#" text NL          leading ones are the description
 * option := key ":" blank* value NL
 * </pre>
 *
 * Of a real server's file all options are kept; those that are not {@link #OPTIONS} have no effect
 * here. Immutable.
 */
public final class NodeConfig {
  /** How long ended tasks are remembered. */
  public static final String TASK_LOG_MAX_DAYS = "task-log-max-days";

  /** What means something here: words for people, and one number. */
  public static final List<String> OPTIONS = List.of("location", "consent-text", TASK_LOG_MAX_DAYS);

  private final String description;
  private final SortedMap<String, String> options;

  private NodeConfig(String description, SortedMap<String, String> options) {
    this.description = description;
    this.options = Collections.unmodifiableSortedMap(new TreeMap<>(options));
  }

  public static NodeConfig parse(String text) {
    StringBuilder description = new StringBuilder();
    NavigableMap<String, String> options = new TreeMap<>();
    for (String line : text.lines().toList()) {
      int colon = line.indexOf(':');
      if (line.startsWith("#")) {
        if (options.isEmpty()) { // later ones are remarks
          description.append(line.substring(1)).append('\n');
        }
      } else if (colon > 0) {
        options.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      } else if (!line.isBlank()) {
        throw BackupException.invalid("found '" + line + "', expected KEY: VALUE");
      }
    }
    NodeConfig config = new NodeConfig(description.toString().stripTrailing(), options);
    var unused = config.taskLogMaxDays(); // a number, or it is refused
    return config;
  }

  public String format() {
    StringBuilder text = new StringBuilder();
    description.lines().forEach(line -> text.append('#').append(line).append('\n'));
    options.forEach((key, value) -> text.append(key).append(": ").append(value).append('\n'));
    return text.toString();
  }

  /** Absent = as many as there is room for. */
  public OptionalLong taskLogMaxDays() {
    String days = options.get(TASK_LOG_MAX_DAYS);
    return days == null ? OptionalLong.empty() : OptionalLong.of(SectionValues.integer(days));
  }

  /** Of several lines; empty when there is none. */
  public String description() {
    return description;
  }

  public SortedMap<String, String> options() {
    return options;
  }

  public NodeConfig withDescription(String text) {
    return new NodeConfig(text.stripTrailing(), options);
  }

  /** With the option, which has one line, set or taken away. */
  public NodeConfig with(String key, @Nullable String value) {
    NavigableMap<String, String> changed = new TreeMap<>(options);
    if (value == null || value.isBlank()) {
      changed.remove(key);
    } else {
      changed.put(key, value.strip());
    }
    return new NodeConfig(description, changed);
  }
}
