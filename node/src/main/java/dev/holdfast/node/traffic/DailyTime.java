package dev.holdfast.node.traffic;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A time of the day on some days, in the words of the field:
 *
 * <pre>
 * text  := [ days " "+ ] time "-" time        time := hour [ ":" minute ]
 * days  := range ("," range)*                 range := day [ ".." day ]      mon | monday | …
 * </pre>
 *
 * It begins at its first minute and ends before its last.
 */
record DailyTime(Set<DayOfWeek> days, LocalTime begin, LocalTime end) {
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "(?:([a-z.,]+)\\s+)?([0-9]{1,2})(?::([0-9]{2}))?\\s*-\\s*([0-9]{1,2})(?::([0-9]{2}))?");
  private static final int SHORT_NAME_LENGTH = 3;

  DailyTime {
    days = Set.copyOf(days);
  }

  /** Throws INVALID_INPUT. */
  static DailyTime parse(String text) {
    Matcher found = GRAMMAR.matcher(text.strip().toLowerCase(Locale.ROOT));
    try {
      if (found.matches()) {
        LocalTime begin = time(found.group(2), found.group(3));
        LocalTime end = time(found.group(4), found.group(5));
        if (begin.isBefore(end)) {
          String days = found.group(1);
          return new DailyTime(
              days == null ? EnumSet.allOf(DayOfWeek.class) : days(days), begin, end);
        }
      }
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      throw new BackupException(BackupException.Kind.INVALID_INPUT, refusal(text), e);
    }
    throw BackupException.invalid(refusal(text));
  }

  private static String refusal(String text) {
    return "'" + text + "' is no time of the day: expected one like 8:00-18:30 or mon..fri 8-18";
  }

  /** The day ends at 24:00, which no clock shows. */
  private static LocalTime time(String hour, String minute) {
    int minutes = minute == null ? 0 : Integer.parseInt(minute);
    int hours = Integer.parseInt(hour);
    return hours == 24 && minutes == 0 ? LocalTime.MAX : LocalTime.of(hours, minutes);
  }

  private static Set<DayOfWeek> days(String text) {
    Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    for (String range : text.split(",", -1)) {
      String[] ends = range.split("\\.\\.", 2);
      DayOfWeek last = day(ends[ends.length - 1]);
      DayOfWeek day = day(ends[0]);
      if (day.compareTo(last) > 0) {
        throw new IllegalArgumentException(range);
      }
      for (; day != last; day = day.plus(1)) {
        days.add(day);
      }
      days.add(last);
    }
    return days;
  }

  private static DayOfWeek day(String name) {
    for (DayOfWeek day : DayOfWeek.values()) {
      String whole = day.name().toLowerCase(Locale.ROOT);
      if (name.equals(whole) || name.equals(whole.substring(0, SHORT_NAME_LENGTH))) {
        return day;
      }
    }
    throw new IllegalArgumentException(name);
  }

  boolean contains(LocalDateTime now) {
    LocalTime time = now.toLocalTime();
    return days.contains(now.getDayOfWeek()) && !time.isBefore(begin) && time.isBefore(end);
  }
}
