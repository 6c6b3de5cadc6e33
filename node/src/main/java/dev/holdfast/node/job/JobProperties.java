package dev.holdfast.node.job;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.access.SectionValues;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a job's section holds, value by value. What a value must be is checked when it is asked for.
 *
 * @param what names the kind of job in errors
 * @param all each with at least one value
 */
public record JobProperties(String what, String id, SortedMap<String, List<String>> all) {
  public JobProperties {
    SortedMap<String, List<String>> copy = new TreeMap<>();
    all.forEach((key, values) -> copy.put(key, List.copyOf(values)));
    all = Collections.unmodifiableSortedMap(copy);
  }

  public @Nullable String value(String key) {
    List<String> values = all.get(key);
    return values == null ? null : values.getFirst();
  }

  public String required(String key) {
    String value = value(key);
    if (value == null) {
      throw BackupException.invalid(what + " job '" + id + "' has no " + key);
    }
    return value;
  }

  public boolean flag(String key, boolean otherwise) {
    String text = value(key);
    return text == null ? otherwise : SectionValues.bool(text);
  }

  public OptionalLong number(String key) {
    String text = value(key);
    return text == null ? OptionalLong.empty() : OptionalLong.of(SectionValues.integer(text));
  }

  /** A number that is small by its meaning. */
  public OptionalInt count(String key) {
    OptionalLong number = number(key);
    return number.isPresent() ? OptionalInt.of((int) number.getAsLong()) : OptionalInt.empty();
  }

  public Namespace namespace(String key) {
    String text = value(key);
    return text == null ? Namespace.ROOT : Namespace.parse(text);
  }

  public Optional<CalendarEvent> schedule() {
    return Optional.ofNullable(value("schedule")).map(CalendarEvent::parse);
  }

  /**
   * The levels below a namespace; absent = all. Throws INVALID_INPUT for more than there can be.
   */
  public OptionalInt maxDepth(Namespace namespace) {
    OptionalLong depth = number("max-depth");
    if (depth.isEmpty()) {
      return OptionalInt.empty();
    }
    long levels = depth.getAsLong();
    if (levels < 0 || namespace.depth() + levels > Namespace.DEPTH_MAX) {
      throw BackupException.invalid(
          "namespace '"
              + namespace
              + "'s depth and recursion depth exceed limit: "
              + namespace.depth()
              + " + "
              + levels
              + " > "
              + Namespace.DEPTH_MAX);
    }
    return OptionalInt.of((int) levels);
  }
}
