package dev.holdfast.chunkstore.prune;

import dev.holdfast.chunkstore.error.BackupException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.IsoFields;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How many snapshots to keep per kind of period; a period that is not named has no rule.
 *
 * @param counts 1 or more each
 */
public record KeepRules(Map<Period, Long> counts) {
  /** In the order in which rules are applied. */
  public enum Period {
    LAST,
    HOURLY,
    DAILY,
    WEEKLY,
    MONTHLY,
    YEARLY;

    /** The option that names it, {@code keep-last}. */
    public String option() {
      return "keep-" + name().toLowerCase(Locale.ROOT);
    }

    /**
     * What two snapshots of the same period have in common, in local time: two hours of one name at
     * the end of daylight saving are one period.
     */
    String of(ZonedDateTime time) {
      return switch (this) {
        case LAST -> Long.toString(time.toEpochSecond());
        case HOURLY -> DAILY.of(time) + "/" + time.getHour();
        case DAILY -> MONTHLY.of(time) + "/" + time.getDayOfMonth();
        case WEEKLY ->
            time.get(IsoFields.WEEK_BASED_YEAR) + "/" + time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
        case MONTHLY -> YEARLY.of(time) + "/" + time.getMonthValue();
        case YEARLY -> Integer.toString(time.getYear());
      };
    }

    String of(long epochSeconds, ZoneId zone) {
      return of(Instant.ofEpochSecond(epochSeconds).atZone(zone));
    }
  }

  public KeepRules {
    EnumMap<Period, Long> sorted = new EnumMap<>(Period.class);
    sorted.putAll(counts);
    sorted.forEach(
        (period, count) -> {
          if (count < 1) {
            throw BackupException.invalid(
                period.option() + " is " + count + ", expected 1 or more");
          }
        });
    counts = Collections.unmodifiableMap(sorted);
  }

  /** Without any rule everything is kept. */
  public boolean keepAll() {
    return counts.isEmpty();
  }

  /** As on a command line, {@code --keep-last 3 --keep-daily 7}. */
  @Override
  public String toString() {
    return counts.entrySet().stream()
        .map(rule -> "--" + rule.getKey().option() + " " + rule.getValue())
        .collect(Collectors.joining(" "));
  }
}
