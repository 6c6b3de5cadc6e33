package dev.holdfast.meshconfig;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Collections;
import java.util.EnumSet;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A schedule in the calendar syntax of the field (spec/engine.md §9.1):
 *
 * <pre>
 * event   := [ body ] [ " "* "UTC" ]          suffix UTC = compute in UTC, else in the zone given
 * body    := keyword | [days " "*] [date " "*] [time]      at least one part
 * keyword := minutely | hourly | daily | weekly | monthly | quarterly | semiannually
 *            | semi-annually | yearly | annually
 * days    := dayrange ("," dayrange)*         dayrange := day [".." day]    mon | monday | …, any case
 * date    := list(year) "-" list(month) "-" list(day) | list(month) "-" list(day)
 * time    := [ list(hour) ":" ] list(minute) [ ":" list(second) ]
 * list    := "*" | "*&#47;" n | comp ("," comp)*    comp := v | v ".." v | v "/" n | v ".." v "/" n
 * </pre>
 *
 * Missing date = any day, missing time = 00:00:00, missing seconds = 0; a lone number is a minute
 * of every hour. Two events are equal when their texts are.
 */
public final class CalendarEvent {
  /** What is allowed, for people. */
  public static final String GRAMMAR =
      "a calendar event such as 'daily', 'sat 18:15' or 'mon..fri 20:00'";

  /** Source: spec/engine.md §9.2. A field pattern that never fits gives up here. */
  private static final int ROUNDS_MAX = 1000;

  /** Values of a year field end below this (spec/engine.md §9.1), so nothing runs later. */
  private static final int YEAR_MAX = 9999;

  private final String text;
  private final Set<DayOfWeek> days;
  private final CalendarDate date;
  private final CalendarTime time;
  private final boolean utc;

  CalendarEvent(
      String text, Set<DayOfWeek> days, CalendarDate date, CalendarTime time, boolean utc) {
    this.text = text;
    this.days = days.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(days));
    this.date = date;
    this.time = time;
    this.utc = utc;
  }

  /**
   * Reads the grammar above.
   *
   * @throws dev.holdfast.chunkstore.error.BackupException INVALID_INPUT {@code unable to parse
   *     calendar event at 'REST' - …}
   */
  public static CalendarEvent parse(String text) {
    return new CalendarParser(text).parse();
  }

  /**
   * The first run after {@code last}.
   *
   * @param last seconds since the epoch; the answer is at least one more
   * @param zone of the server; without effect when the text ends with UTC
   * @return empty = no further run
   */
  public OptionalLong next(long last, ZoneId zone) {
    Walk walk = new Walk(utc ? ZoneOffset.UTC : zone, last + 1);
    for (int round = 0; round < ROUNDS_MAX; round++) {
      switch (step(walk)) {
        case DONE -> {
          return OptionalLong.of(Math.max(walk.epoch(), last + 1));
        }
        case NEVER -> {
          return OptionalLong.empty();
        }
        case MOVED -> {
          // look again: moving one field may have carried into a larger one
        }
      }
    }
    return OptionalLong.empty();
  }

  private enum Step {
    DONE,
    MOVED,
    NEVER
  }

  // The first field that does not fit moves to its next value; smaller ones start over.
  private Step step(Walk t) {
    LocalDateTime at = t.local();
    if (at.getYear() > YEAR_MAX) {
      return Step.NEVER;
    }
    if (!date.year().allows(at.getYear())) {
      OptionalInt year = date.year().next(at.getYear());
      if (year.isEmpty()) {
        return Step.NEVER;
      }
      t.set(year.getAsInt(), 1, 1, 0, 0, 0);
      return Step.MOVED;
    }
    int year = at.getYear();
    int month = at.getMonthValue();
    int day = at.getDayOfMonth();
    if (!date.month().allows(month)) {
      OptionalInt next = date.month().next(month);
      t.set(next.isPresent() ? year : year + 1, next.orElse(1), 1, 0, 0, 0);
      return Step.MOVED;
    }
    if (!date.day().allows(day)) {
      OptionalInt next = date.day().next(day);
      t.set(year, next.isPresent() ? month : month + 1, next.orElse(1), 0, 0, 0);
      return Step.MOVED;
    }
    if (!days.isEmpty() && !days.contains(at.getDayOfWeek())) {
      t.set(year, month, day + daysUntilAllowed(at.getDayOfWeek()), 0, 0, 0);
      return Step.MOVED;
    }
    int hour = at.getHour();
    if (!time.hour().allows(hour)) {
      OptionalInt next = time.hour().next(hour);
      t.set(year, month, next.isPresent() ? day : day + 1, next.orElse(0), 0, 0);
      return Step.MOVED;
    }
    int minute = at.getMinute();
    if (!time.minute().allows(minute)) {
      OptionalInt next = time.minute().next(minute);
      t.set(year, month, day, next.isPresent() ? hour : hour + 1, next.orElse(0), 0);
      return Step.MOVED;
    }
    if (!time.second().allows(at.getSecond())) {
      OptionalInt next = time.second().next(at.getSecond());
      t.set(year, month, day, hour, next.isPresent() ? minute : minute + 1, next.orElse(0));
      return Step.MOVED;
    }
    return Step.DONE;
  }

  private int daysUntilAllowed(DayOfWeek from) {
    int count = 1;
    while (!days.contains(from.plus(count))) {
      count++;
    }
    return count;
  }

  /** Empty = all. */
  Set<DayOfWeek> days() {
    return days;
  }

  /** Whether the text ends with UTC. */
  public boolean isUtc() {
    return utc;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CalendarEvent that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }

  /** A moment and its reading on the wall clock, kept together as the C library does. */
  private static final class Walk {
    private final ZoneId zone;
    private long epoch;

    Walk(ZoneId zone, long epoch) {
      this.zone = zone;
      this.epoch = epoch;
    }

    long epoch() {
      return epoch;
    }

    LocalDateTime local() {
      return LocalDateTime.ofInstant(Instant.ofEpochSecond(epoch), zone);
    }

    /**
     * Fields may exceed their range and then carry. A gap in local time moves forward by it; in a
     * repeated hour the walk stays in the half it is in.
     */
    void set(int year, int month, int day, int hour, int minute, int second) {
      LocalDateTime carried =
          LocalDate.of(year, 1, 1)
              .atStartOfDay()
              .plusMonths(month - 1L)
              .plusDays(day - 1L)
              .plusHours(hour)
              .plusMinutes(minute)
              .plusSeconds(second);
      ZoneOffset before = zone.getRules().getOffset(Instant.ofEpochSecond(epoch));
      epoch = ZonedDateTime.ofLocal(carried, zone, before).toEpochSecond();
    }
  }
}
