package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A length of time as people write it (spec/engine.md §9.4):
 *
 * <pre>
 * span := ( number " "* [unit] " "* )*      summed; no unit = seconds
 * unit := ns | us | ms | s sec second(s) | m min minute(s) | h hr hour(s) | d day(s) | w week(s)
 *         | M month(s) = 30.44 d | y year(s) = 365.25 d
 * </pre>
 *
 * What was written stays: {@code 90s} is shown as 90 s, not as a minute and a half.
 */
public final class TimeSpan {
  /** What is allowed, for people. */
  public static final String GRAMMAR = "a time span such as '30d', '12h' or '1w 2d'";

  /** Keeps every sum far inside a long of nanoseconds. */
  private static final long YEARS_MAX = 100;

  private static final int LENGTH_MAX = 256;
  private static final int DIGITS_MAX = 12;

  /** Largest first, as a span is printed. */
  private enum Unit {
    YEAR(31_557_600_000_000_000L, "y"),
    MONTH(2_630_016_000_000_000L, "m"),
    WEEK(604_800_000_000_000L, "w"),
    DAY(86_400_000_000_000L, "d"),
    HOUR(3_600_000_000_000L, "h"),
    MINUTE(60_000_000_000L, "min"),
    SECOND(1_000_000_000L, "s"),
    MILLISECOND(1_000_000L, ""),
    MICROSECOND(1_000L, ""),
    NANOSECOND(1L, "");

    private final long nanoseconds;
    private final String shown;

    Unit(long nanoseconds, String shown) {
      this.nanoseconds = nanoseconds;
      this.shown = shown;
    }
  }

  private final Map<Unit, Long> counts;

  private TimeSpan(Map<Unit, Long> counts) {
    this.counts = counts;
  }

  /**
   * Reads the grammar above.
   *
   * @throws BackupException INVALID_INPUT, with the words of the original parser, which call a span
   *     a calendar event too
   */
  public static TimeSpan parse(String text) {
    if (text.length() > LENGTH_MAX) {
      throw BackupException.invalid(
          "time span of " + text.length() + " characters: expected at most " + LENGTH_MAX);
    }
    Map<Unit, Long> counts = new EnumMap<>(Unit.class);
    long total = 0;
    int at = skipBlanks(text, 0);
    while (at < text.length()) {
      int end = at;
      while (end < text.length() && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
        end++;
      }
      if (end == at) {
        throw BackupException.invalid(
            "unable to parse calendar event at '" + text.substring(at) + "' - Nom(Digit)");
      }
      if (end - at > DIGITS_MAX) {
        throw tooLong(text);
      }
      long count = Long.parseLong(text.substring(at, end));
      at = skipBlanks(text, end);
      String word = word(text, at);
      Unit unit = unit(word);
      if (unit == null) {
        unit = Unit.SECOND; // the word is left for the next round, which refuses it
      } else {
        at = skipBlanks(text, at + word.length());
      }
      long max = YEARS_MAX * Unit.YEAR.nanoseconds;
      if (count > (max - total) / unit.nanoseconds) {
        throw tooLong(text);
      }
      total += count * unit.nanoseconds;
      counts.merge(unit, count, Long::sum);
    }
    return new TimeSpan(counts);
  }

  private static BackupException tooLong(String text) {
    return BackupException.invalid(
        "time span '" + text + "' is too long: expected at most " + YEARS_MAX + " years");
  }

  private static int skipBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    return at;
  }

  private static String word(String text, int from) {
    int end = from;
    while (end < text.length() && Character.isLetter(text.charAt(end))) {
      end++;
    }
    return text.substring(from, end);
  }

  private static @Nullable Unit unit(String word) {
    return switch (word) {
      case "ns" -> Unit.NANOSECOND;
      case "us" -> Unit.MICROSECOND;
      case "ms" -> Unit.MILLISECOND;
      case "s", "sec", "second", "seconds" -> Unit.SECOND;
      case "m", "min", "minute", "minutes" -> Unit.MINUTE;
      case "h", "hr", "hour", "hours" -> Unit.HOUR;
      case "d", "day", "days" -> Unit.DAY;
      case "w", "week", "weeks" -> Unit.WEEK;
      case "M", "month", "months" -> Unit.MONTH;
      case "y", "year", "years" -> Unit.YEAR;
      default -> null;
    };
  }

  public Duration duration() {
    return Duration.ofNanos(nanoseconds(Unit.values()));
  }

  private long nanoseconds(Unit... units) {
    long sum = 0;
    for (Unit unit : units) {
      sum += counts.getOrDefault(unit, 0L) * unit.nanoseconds;
    }
    return sum;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TimeSpan that && duration().equals(that.duration());
  }

  @Override
  public int hashCode() {
    return duration().hashCode();
  }

  /** As the original prints it, with its blank after every unit but seconds. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Unit unit : List.of(Unit.YEAR, Unit.MONTH, Unit.WEEK, Unit.DAY, Unit.HOUR, Unit.MINUTE)) {
      long count = counts.getOrDefault(unit, 0L);
      if (count > 0) {
        text.append(count).append(unit.shown).append(' ');
      }
    }
    double seconds =
        nanoseconds(Unit.SECOND, Unit.MILLISECOND, Unit.MICROSECOND, Unit.NANOSECOND) / 1e9;
    if (seconds >= 0.1) {
      boolean whole = seconds >= 1.0 || !text.isEmpty();
      text.append(String.format(Locale.ROOT, whole ? "%.0f" : "%.1f", seconds)).append('s');
    } else if (text.isEmpty()) {
      text.append("<0.1s");
    }
    return text.toString();
  }
}
