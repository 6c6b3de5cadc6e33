package dev.holdfast.meshconfig;

import java.util.Optional;

/**
 * What starts a sync: the event "a snapshot finished", a schedule, or both. Written as {@code
 * event}, as {@code both} (event, and {@link #SAFETY_NET} for what was missed), as a calendar
 * expression, or as {@code { event: true, schedule: "…" }}.
 */
public record When(boolean event, Optional<CalendarEvent> schedule) {
  /** Four times an hour: an idle sync costs a few requests, and a lost event costs 15 minutes. */
  public static final CalendarEvent SAFETY_NET = CalendarEvent.parse("*:0/15");

  public static final When EVENT = new When(true, Optional.empty());

  /** The default. */
  public static final When BOTH = new When(true, Optional.of(SAFETY_NET));

  public static When scheduled(CalendarEvent schedule) {
    return new When(false, Optional.of(schedule));
  }
}
