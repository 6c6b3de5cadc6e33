package dev.holdfast.node.task;

import org.jspecify.annotations.Nullable;

/**
 * How a task ended; the texts stand at the end of its log and in the archive (spec/formats.md
 * §9.4).
 */
public sealed interface TaskStatus {
  /** {@code OK}, {@code WARNINGS: 3}, the error's message, or {@code unknown}. */
  String text();

  record Ok() implements TaskStatus {
    @Override
    public String text() {
      return "OK";
    }
  }

  record Warnings(int count) implements TaskStatus {
    @Override
    public String text() {
      return "WARNINGS: " + count;
    }
  }

  record Failed(String message) implements TaskStatus {
    @Override
    public String text() {
      return message;
    }
  }

  /** The process died before the task ended. */
  record Unknown() implements TaskStatus {
    @Override
    public String text() {
      return "unknown";
    }
  }

  /** The last line of the log, after its time. */
  default String logLine() {
    return switch (this) {
      case Failed failed -> "TASK ERROR: " + failed.message();
      case Ok ok -> "TASK " + ok.text();
      case Warnings warnings -> "TASK " + warnings.text();
      case Unknown unknown -> "TASK " + unknown.text();
    };
  }

  /** From the text of an archive line. */
  static TaskStatus parse(String text) {
    if (text.equals("OK")) {
      return new Ok();
    }
    if (text.equals("unknown")) {
      return new Unknown();
    }
    if (text.matches("WARNINGS: [0-9]{1,9}")) {
      return new Warnings(Integer.parseInt(text.substring("WARNINGS: ".length())));
    }
    return new Failed(text.startsWith("ERROR: ") ? text.substring("ERROR: ".length()) : text);
  }

  /** From a log line without its time; null when it does not end a log. */
  static @Nullable TaskStatus ofLogLine(String line) {
    return line.startsWith("TASK ") ? parse(line.substring("TASK ".length())) : null;
  }
}
