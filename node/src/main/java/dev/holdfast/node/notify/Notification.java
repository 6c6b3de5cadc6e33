package dev.holdfast.node.notify;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Something that happened. Holds no secrets: it goes to strangers' servers.
 *
 * @param fields what matchers can ask for: {@code type}, {@code hostname}, {@code datastore},
 *     {@code job-id} (spec/engine.md §14)
 * @param title one line
 * @param text of several lines
 */
public record Notification(
    Severity severity, Instant time, SortedMap<String, String> fields, String title, String text) {
  public Notification {
    fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
    title = title.replace('\n', ' ').strip();
  }
}
