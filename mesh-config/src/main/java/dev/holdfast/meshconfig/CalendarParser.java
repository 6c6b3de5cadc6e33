package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.meshconfig.CalendarField.Component;
import java.time.DayOfWeek;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Recursive descent over the grammar of {@link CalendarEvent}. A part that cannot be read gives its
 * characters back, so that the next part may try them; texts of errors as in
 * vectors/pbs-3.2.4/calendar-events.json.
 */
final class CalendarParser {
  /** Longer texts are no schedule anybody wrote. */
  private static final int LENGTH_MAX = 256;

  private static final int HOUR_END = 24;
  private static final int MINUTE_END = 60;
  private static final int SECOND_END = 60;
  private static final int DAY_END = 32;
  private static final int MONTH_END = 13;
  private static final int YEAR_END = 2200;

  private final String whole;
  private final String text;
  private final boolean utc;
  private int at;

  CalendarParser(String text) {
    if (text.length() > LENGTH_MAX) {
      throw BackupException.invalid(
          "calendar event of " + text.length() + " characters: expected at most " + LENGTH_MAX);
    }
    whole = text;
    utc = text.endsWith("UTC");
    this.text = utc ? stripTrailingBlanks(text.substring(0, text.length() - 3)) : text;
  }

  private static String stripTrailingBlanks(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    return text.substring(0, end);
  }

  CalendarEvent parse() {
    Optional<CalendarEvent> keyword = keyword();
    if (keyword.isPresent()) {
      return keyword.get();
    }
    Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    boolean some = false;
    if (startsWithLetter()) {
      days = days();
      some = true;
      skipBlanks();
    }
    Optional<CalendarDate> date = date();
    if (date.isPresent()) {
      some = true;
      skipBlanks();
    }
    Optional<CalendarTime> time = time();
    if (!some && time.isEmpty()) {
      throw error(text, "Context(\"date or time specification\")");
    }
    if (at < text.length()) {
      throw error(text.substring(at), "Nom(Eof)");
    }
    return event(days, date.orElse(CalendarDate.ANY), time.orElse(CalendarTime.MIDNIGHT));
  }

  private Optional<CalendarEvent> keyword() {
    Set<DayOfWeek> any = EnumSet.noneOf(DayOfWeek.class);
    CalendarField first = CalendarField.of(1);
    CalendarField zero = CalendarField.of(0);
    CalendarField all = CalendarField.ANY;
    return Optional.ofNullable(
        switch (text) {
          case "minutely" -> event(any, CalendarDate.ANY, new CalendarTime(all, all, zero));
          case "hourly" -> event(any, CalendarDate.ANY, new CalendarTime(all, zero, zero));
          case "daily" -> event(any, CalendarDate.ANY, CalendarTime.MIDNIGHT);
          case "weekly" ->
              event(EnumSet.of(DayOfWeek.MONDAY), CalendarDate.ANY, CalendarTime.MIDNIGHT);
          case "monthly" -> event(any, new CalendarDate(all, all, first), CalendarTime.MIDNIGHT);
          case "quarterly" -> event(any, firstOf(1, 4, 7, 10), CalendarTime.MIDNIGHT);
          case "semiannually", "semi-annually" -> event(any, firstOf(1, 7), CalendarTime.MIDNIGHT);
          case "yearly", "annually" -> event(any, firstOf(1), CalendarTime.MIDNIGHT);
          default -> null;
        });
  }

  private static CalendarDate firstOf(int... months) {
    List<Component> list = new ArrayList<>();
    for (int month : months) {
      list.add(new Component.Single(month));
    }
    return new CalendarDate(CalendarField.ANY, new CalendarField(list), CalendarField.of(1));
  }

  private CalendarEvent event(Set<DayOfWeek> days, CalendarDate date, CalendarTime time) {
    return new CalendarEvent(whole, days, date, time, utc);
  }

  // days := dayrange ("," dayrange)*; a comma or ".." that no day follows is given back.
  private Set<DayOfWeek> days() {
    EnumSet<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
    String word = peekWord();
    if (day(word) == null) {
      throw error(word, "Context(\"weekday\")");
    }
    dayRange(days);
    while (at < text.length() && text.charAt(at) == ',') {
      int comma = at++;
      if (!dayRange(days)) {
        at = comma;
        break;
      }
    }
    return days;
  }

  private boolean dayRange(EnumSet<DayOfWeek> days) {
    String word = peekWord();
    DayOfWeek from = day(word);
    if (from == null) {
      return false;
    }
    at += word.length();
    DayOfWeek to = from;
    if (text.startsWith("..", at)) {
      at += 2;
      String end = peekWord();
      DayOfWeek last = day(end);
      if (last == null) {
        at -= 2;
      } else {
        at += end.length();
        to = last;
      }
    }
    for (DayOfWeek day = from; ; day = day.plus(1)) {
      days.add(day);
      if (day == to) {
        return true;
      }
    }
  }

  private String peekWord() {
    int end = at;
    while (end < text.length() && isLetter(text.charAt(end))) {
      end++;
    }
    return text.substring(at, end);
  }

  private static @Nullable DayOfWeek day(String word) {
    return switch (word.toLowerCase(Locale.ROOT)) {
      case "mon", "monday" -> DayOfWeek.MONDAY;
      case "tue", "tuesday" -> DayOfWeek.TUESDAY;
      case "wed", "wednesday" -> DayOfWeek.WEDNESDAY;
      case "thu", "thursday" -> DayOfWeek.THURSDAY;
      case "fri", "friday" -> DayOfWeek.FRIDAY;
      case "sat", "saturday" -> DayOfWeek.SATURDAY;
      case "sun", "sunday" -> DayOfWeek.SUNDAY;
      default -> null;
    };
  }

  // date := year "-" month "-" day | month "-" day
  private Optional<CalendarDate> date() {
    int start = at;
    Optional<CalendarField> year = list(0, YEAR_END);
    if (year.isPresent() && accept('-')) {
      Optional<CalendarField> month = list(1, MONTH_END);
      if (month.isPresent() && accept('-')) {
        Optional<CalendarField> day = list(1, DAY_END);
        if (day.isPresent()) {
          return Optional.of(new CalendarDate(year.get(), month.get(), day.get()));
        }
      }
    }
    at = start;
    Optional<CalendarField> month = list(1, MONTH_END);
    if (month.isPresent() && accept('-')) {
      Optional<CalendarField> day = list(1, DAY_END);
      if (day.isPresent()) {
        return Optional.of(new CalendarDate(CalendarField.ANY, month.get(), day.get()));
      }
    }
    at = start;
    return Optional.empty();
  }

  // time := [ hour ":" ] minute [ ":" second ]; 24:00 has no hour, so it is minute 24, second 0
  private Optional<CalendarTime> time() {
    int start = at;
    Optional<CalendarField> hour = list(0, HOUR_END);
    if (hour.isEmpty() || !accept(':')) {
      hour = Optional.empty();
      at = start;
    }
    Optional<CalendarField> minute = list(0, MINUTE_END);
    if (minute.isEmpty()) {
      at = start;
      return Optional.empty();
    }
    CalendarField second = CalendarField.of(0);
    int beforeSecond = at;
    if (accept(':')) {
      Optional<CalendarField> given = list(0, SECOND_END);
      if (given.isPresent()) {
        second = given.get();
      } else {
        at = beforeSecond;
      }
    }
    return Optional.of(new CalendarTime(hour.orElse(CalendarField.ANY), minute.get(), second));
  }

  // list := "*" | "*/" n | comp ("," comp)*
  private Optional<CalendarField> list(int min, int end) {
    if (accept('*')) {
      int afterStar = at;
      if (accept('/')) {
        OptionalInt step = number(end);
        if (step.isPresent() && step.getAsInt() > 0) {
          return Optional.of(
              new CalendarField(List.of(new Component.Endless(min, step.getAsInt()))));
        }
        at = afterStar;
      }
      return Optional.of(CalendarField.ANY);
    }
    List<Component> components = new ArrayList<>();
    int start = at;
    Optional<Component> first = component(end);
    if (first.isEmpty()) {
      at = start;
      return Optional.empty();
    }
    components.add(first.get());
    while (at < text.length() && text.charAt(at) == ',') {
      int comma = at++;
      Optional<Component> more = component(end);
      if (more.isEmpty()) {
        at = comma;
        break;
      }
      components.add(more.get());
    }
    return Optional.of(new CalendarField(components));
  }

  // comp := v | v ".." v | v "/" n | v ".." v "/" n; empty also when a range descends
  private Optional<Component> component(int end) {
    OptionalInt from = number(end);
    if (from.isEmpty()) {
      return Optional.empty();
    }
    OptionalInt to = OptionalInt.empty();
    if (text.startsWith("..", at)) {
      at += 2;
      to = number(end);
      if (to.isEmpty() || to.getAsInt() < from.getAsInt()) {
        return Optional.empty();
      }
    }
    OptionalInt step = OptionalInt.empty();
    if (accept('/')) {
      step = number(end);
      if (step.isEmpty()) {
        return Optional.empty();
      }
    }
    int v = from.getAsInt();
    if (to.isPresent()) {
      int last = to.getAsInt();
      return Optional.of(
          step.isPresent()
              ? new Component.Stepped(v, last, step.getAsInt())
              : new Component.Range(v, last));
    }
    return Optional.of(
        step.isPresent() ? new Component.Endless(v, step.getAsInt()) : new Component.Single(v));
  }

  private OptionalInt number(int end) {
    int value = 0;
    int start = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      value = Math.min(end, value * 10 + (text.charAt(at) - '0'));
      at++;
    }
    return at > start && value < end ? OptionalInt.of(value) : OptionalInt.empty();
  }

  private boolean accept(char expected) {
    if (at < text.length() && text.charAt(at) == expected) {
      at++;
      return true;
    }
    return false;
  }

  private void skipBlanks() {
    while (accept(' ')) {
      // only moves on
    }
  }

  private boolean startsWithLetter() {
    return at < text.length() && isLetter(text.charAt(at));
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static BackupException error(String rest, String why) {
    return BackupException.invalid("unable to parse calendar event at '" + rest + "' - " + why);
  }
}
