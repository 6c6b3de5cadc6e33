package dev.holdfast.node.api;

import java.util.Map;
import java.util.TreeMap;

/**
 * What people read of an endpoint, in the OpenAPI document and the API viewer.
 *
 * @param does one sentence
 * @param kind of the answer's {@code data}
 * @param returns what that is, as a phrase
 * @param failures statuses that other calls do not have, with when they come
 */
public record Doc(String does, Kind kind, String returns, Map<Integer, String> failures) {
  /** JSON types of {@code data}; then JSON whose type is not told, and what is no JSON at all. */
  public enum Kind {
    NOTHING,
    TEXT,
    FLAG,
    OBJECT,
    LIST,
    UNTYPED,
    BYTES
  }

  public Doc {
    failures = Map.copyOf(failures);
    if (!does.endsWith(".") || returns.isBlank()) {
      throw new IllegalArgumentException("expected a sentence and a phrase: '" + does + "'");
    }
  }

  private Doc(String does, Kind kind, String returns) {
    this(does, kind, returns, Map.of());
  }

  /** The same, with a status that this call alone has. */
  public Doc fails(int status, String when) {
    Map<Integer, String> all = new TreeMap<>(failures);
    all.put(status, when);
    return new Doc(does, kind, returns, all);
  }

  public static Doc nothing(String does) {
    return new Doc(does, Kind.NOTHING, "nothing");
  }

  public static Doc text(String does, String returns) {
    return new Doc(does, Kind.TEXT, returns);
  }

  public static Doc flag(String does, String returns) {
    return new Doc(does, Kind.FLAG, returns);
  }

  public static Doc object(String does, String returns) {
    return new Doc(does, Kind.OBJECT, returns);
  }

  public static Doc list(String does, String returns) {
    return new Doc(does, Kind.LIST, returns);
  }

  /** For calls that start a task and do not wait for its end. */
  public static Doc task(String does) {
    return new Doc(does, Kind.TEXT, "the id of the task that does it");
  }

  public static Doc untyped(String does, String returns) {
    return new Doc(does, Kind.UNTYPED, returns);
  }

  public static Doc bytes(String does, String returns) {
    return new Doc(does, Kind.BYTES, returns);
  }
}
