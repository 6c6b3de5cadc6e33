package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.pxar.TreeSummary;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers as people read them. */
final class HumanText {
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

  private HumanText() {}

  /** {@code 512 B}, {@code 12.3 MiB}: three digits or so. */
  static String bytes(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    // Rounding to one place must not give "1024.0 KiB".
    while (value >= 1023.95 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, UNITS[Math.max(0, unit)]);
  }

  /** {@code 99.5 %}; of nothing it is 0. */
  static String percent(long part, long whole) {
    return String.format(Locale.ROOT, "%.1f %%", whole == 0 ? 0.0 : 100.0 * part / whole);
  }

  /** {@code 0.8 s}, {@code 4 min 05 s}, {@code 2 h 00 min}. */
  static String duration(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
    if (seconds < 3600) {
      return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
    }
    return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
  }

  /** Local time. */
  static String time(long epochSeconds) {
    return TIME.format(Instant.ofEpochSecond(epochSeconds).atZone(ZoneId.systemDefault()));
  }

  static String count(long count, String one, String many) {
    return count + " " + (count == 1 ? one : many);
  }

  /** What was saved or restored of a tree. */
  static String tree(TreeSummary summary) {
    return count(summary.files(), "file", "files")
        + " in "
        + count(summary.directories(), "directory", "directories")
        + ", "
        + bytes(summary.contentBytes())
        + (summary.warnings() == 0 ? "" : ", " + count(summary.warnings(), "warning", "warnings"));
  }
}
