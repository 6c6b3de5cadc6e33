package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * One backup of a group, {@code type/id/YYYY-MM-DDTHH:MM:SSZ}.
 *
 * @param time seconds since the epoch, 1 … {@link #TIME_MAX}
 */
public record SnapshotId(GroupId group, long time) implements Comparable<SnapshotId> {
  /** 9999-12-31T23:59:59Z, the last time that has four digits of year. */
  public static final long TIME_MAX = 253_402_300_799L;

  private static final Pattern TIME =
      Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z");
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final Comparator<SnapshotId> ORDER =
      Comparator.comparing(SnapshotId::group).thenComparingLong(SnapshotId::time);

  public SnapshotId {
    if (time < 1 || time > TIME_MAX) {
      throw BackupException.invalid("invalid backup time " + time + ": expected 1 … " + TIME_MAX);
    }
  }

  /** From {@code type/id/time}. */
  public static SnapshotId parse(String text) {
    int slash = text.lastIndexOf('/');
    if (slash < 0) {
      throw BackupException.invalid("invalid snapshot '" + text + "': expected TYPE/ID/TIME");
    }
    return new SnapshotId(
        GroupId.parse(text.substring(0, slash)), parseTime(text.substring(slash + 1)));
  }

  /** Seconds since the epoch from {@code 2024-06-05T10:00:00Z}. */
  public static long parseTime(String text) {
    if (TIME.matcher(text).matches()) {
      try {
        return Instant.parse(text).getEpochSecond();
      } catch (DateTimeException e) {
        // falls through to the one message
      }
    }
    throw BackupException.invalid(
        "invalid backup time '" + text + "': expected YYYY-MM-DDTHH:MM:SSZ");
  }

  public static String formatTime(long epochSeconds) {
    return FORMAT.format(Instant.ofEpochSecond(epochSeconds));
  }

  /** The directory name, {@code 2024-06-05T10:00:00Z}. */
  public String timeText() {
    return formatTime(time);
  }

  @Override
  public int compareTo(SnapshotId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return group + "/" + timeText();
  }
}
