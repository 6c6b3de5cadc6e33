package dev.holdfast.node.api;

/**
 * What people read of an endpoint, in the OpenAPI document and the API viewer.
 *
 * @param does one sentence
 * @param kind of the answer's {@code data}
 * @param returns what that is, as a phrase
 */
public record Doc(String does, Kind kind, String returns) {
  /** JSON types of {@code data}; the last is no JSON at all. */
  public enum Kind {
    NOTHING,
    TEXT,
    FLAG,
    OBJECT,
    LIST,
    BYTES
  }

  public Doc {
    if (!does.endsWith(".") || returns.isBlank()) {
      throw new IllegalArgumentException("expected a sentence and a phrase: '" + does + "'");
    }
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

  public static Doc bytes(String does, String returns) {
    return new Doc(does, Kind.BYTES, returns);
  }
}
