package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Locale;

/** How values are written in section files (spec/formats.md §10.1). */
public final class SectionValues {
  private SectionValues() {}

  /** {@code 1 on yes true} or {@code 0 off no false}, in any case. */
  public static boolean bool(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "1", "on", "yes", "true" -> true;
      case "0", "off", "no", "false" -> false;
      default -> throw BackupException.invalid("invalid boolean '" + text + "'");
    };
  }

  public static long integer(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT, "invalid integer '" + text + "'", e);
    }
  }
}
