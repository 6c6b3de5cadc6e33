package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.regex.Pattern;

/**
 * SAFE_ID of spec/formats.md §1.2: {@code [A-Za-z0-9_][A-Za-z0-9._\-]*}. It can neither start with
 * a dot nor hold a slash, so a path built from safe ids never leaves its directory.
 */
public final class SafeId {
  /** What a file system takes as one name. */
  public static final int LENGTH_MAX = 255;

  private static final Pattern PATTERN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._\\-]*");

  private SafeId() {}

  public static boolean isSafe(String text) {
    return text.length() <= LENGTH_MAX && PATTERN.matcher(text).matches();
  }

  /** Returns the text, or throws INVALID_INPUT naming what it was meant to be. */
  public static String require(String text, String what) {
    if (!isSafe(text)) {
      throw BackupException.invalid(
          "invalid "
              + what
              + " '"
              + text
              + "': expected letters, digits, '_', '.', '-', not starting with '.' or '-', at most "
              + LENGTH_MAX);
    }
    return text;
  }
}
