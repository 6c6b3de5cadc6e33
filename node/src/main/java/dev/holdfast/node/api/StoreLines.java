package dev.holdfast.node.api;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A small file of the state directory with a line for each datastore: {@code NAME " " VALUE}. */
final class StoreLines {
  private StoreLines() {}

  /** By name; what is no such line is passed over. */
  static SortedMap<String, String> parse(String text) {
    SortedMap<String, String> values = new TreeMap<>();
    text.lines()
        .forEach(
            line -> {
              int blank = line.indexOf(' ');
              if (blank > 0) {
                values.put(line.substring(0, blank), line.substring(blank + 1));
              }
            });
    return Collections.unmodifiableSortedMap(values);
  }

  static String format(Map<String, String> values) {
    return values.entrySet().stream()
        .map(value -> value.getKey() + " " + value.getValue() + "\n")
        .collect(Collectors.joining());
  }
}
