package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.DayOfWeek;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A part of each day, or of some days of the week (spec/engine.md §9.3):
 *
 * <pre>
 * duration := [days " "*] time " "* "-" " "* time        days as in {@link CalendarEvent}
 * time     := hour [":" minute]                          below 24:00
 * </pre>
 *
 * The first minute belongs to it, the last does not; none reaches over midnight.
 *
 * @param days empty = all
 */
public record DailyDuration(Set<DayOfWeek> days, LocalTime start, LocalTime end) {
  private static final Pattern TIMES =
      Pattern.compile("(\\d{1,2})(?::(\\d{1,2}))?\\s*-\\s*(\\d{1,2})(?::(\\d{1,2}))?");

  /** Longer texts are no duration anybody wrote. */
  private static final int LENGTH_MAX = 256;

  public DailyDuration {
    days = Set.copyOf(days);
  }

  /** Throws INVALID_INPUT {@code unable to parse daily duration at 'REST' - …}. */
  public static DailyDuration parse(String text) {
    if (text.length() > LENGTH_MAX) {
      throw error(text.substring(0, LENGTH_MAX), "expected at most " + LENGTH_MAX + " characters");
    }
    int digit = 0;
    while (digit < text.length() && !Character.isDigit(text.charAt(digit))) {
      digit++;
    }
    String days = text.substring(0, digit).strip();
    String times = text.substring(digit).strip();
    Matcher matcher = TIMES.matcher(times);
    if (!matcher.matches()) {
      throw error(times, "expected two times such as 8:00-16:30");
    }
    LocalTime start = time(matcher.group(1), matcher.group(2));
    LocalTime end = time(matcher.group(3), matcher.group(4));
    if (end.isBefore(start)) {
      throw error(end.toString(), "end time before start time");
    }
    return new DailyDuration(
        days.isEmpty() ? Set.of() : new CalendarParser(days).parse().days(), start, end);
  }

  private static LocalTime time(String hour, @Nullable String minute) {
    int hours = Integer.parseInt(hour);
    int minutes = minute == null ? 0 : Integer.parseInt(minute);
    if (hours > 23 || minutes > 59) {
      throw error(hour + (minute == null ? "" : ":" + minute), "time value too large");
    }
    return LocalTime.of(hours, minutes);
  }

  private static BackupException error(String rest, String what) {
    return BackupException.invalid("unable to parse daily duration at '" + rest + "' - " + what);
  }

  /**
   * @param local a moment on the wall clock of whoever the duration is for
   */
  public boolean contains(LocalDateTime local) {
    LocalTime minute = LocalTime.of(local.getHour(), local.getMinute());
    return (days.isEmpty() || days.contains(local.getDayOfWeek()))
        && !minute.isBefore(start)
        && minute.isBefore(end);
  }
}
