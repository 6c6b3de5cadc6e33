package dev.holdfast.node.task;

import org.jspecify.annotations.Nullable;

/** How a task stands or ended (spec/formats.md §9.4). */
public sealed interface TaskStatus {
  record Running() implements TaskStatus {}

  record Ok() implements TaskStatus {}

  record Warnings(int count) implements TaskStatus {}

  record Failed(String message) implements TaskStatus {}

  /** The process died, or the log is gone. */
  record Unknown() implements TaskStatus {}

  /** The kind that a list can be filtered by. */
  enum Kind {
    RUNNING,
    OK,
    WARNING,
    ERROR,
    UNKNOWN
  }

  default Kind kind() {
    return switch (this) {
      case Running r -> Kind.RUNNING;
      case Ok ok -> Kind.OK;
      case Warnings w -> Kind.WARNING;
      case Failed f -> Kind.ERROR;
      case Unknown u -> Kind.UNKNOWN;
    };
  }

  /** As in the archive and in {@code exitstatus}; null while it runs. */
  default @Nullable String text() {
    return switch (this) {
      case Running r -> null;
      case Ok ok -> "OK";
      case Warnings w -> "WARNINGS: " + w.count();
      case Failed f -> f.message();
      case Unknown u -> "unknown";
    };
  }

  /** The text behind {@code TASK } in the last line of a log. */
  default String logText() {
    return switch (this) {
      case Failed f -> "ERROR: " + f.message();
      case Ok ok -> "OK";
      case Warnings w -> "WARNINGS: " + w.count();
      case Running r -> "unknown";
      case Unknown u -> "unknown";
    };
  }

  /** Reads either form. */
  static TaskStatus parse(String text) {
    if (text.equals("OK")) {
      return new Ok();
    }
    if (text.equals("unknown")) {
      return new Unknown();
    }
    String warnings = "WARNINGS: ";
    if (text.startsWith(warnings)
        && text.length() > warnings.length()
        && text.length() < warnings.length() + 10
        && text.substring(warnings.length()).chars().allMatch(c -> c >= '0' && c <= '9')) {
      return new Warnings(Integer.parseInt(text.substring(warnings.length())));
    }
    String error = "ERROR: ";
    return new Failed(text.startsWith(error) ? text.substring(error.length()) : text);
  }
}
