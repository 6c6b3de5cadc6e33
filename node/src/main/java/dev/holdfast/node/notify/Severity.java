package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** How much something matters. */
public enum Severity {
  INFO(1),
  NOTICE(3),
  WARNING(5),
  ERROR(9),
  UNKNOWN(3);

  private final int gotifyPriority;

  Severity(int gotifyPriority) {
    this.gotifyPriority = gotifyPriority;
  }

  /** As in configurations. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** 0 to 10; from 8 on telephones make a noise. */
  int gotifyPriority() {
    return gotifyPriority;
  }

  static Severity parse(String text) {
    for (Severity severity : values()) {
      if (severity.text().equals(text)) {
        return severity;
      }
    }
    throw BackupException.invalid("found severity '" + text + "', expected one of " + words());
  }

  /** All of them, for people. */
  static String words() {
    return Arrays.stream(values()).map(Severity::text).collect(Collectors.joining(", "));
  }
}
