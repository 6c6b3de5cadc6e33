package dev.holdfast.meshconfig;

/** The time part of a calendar event. */
record CalendarTime(CalendarField hour, CalendarField minute, CalendarField second) {
  static final CalendarTime MIDNIGHT =
      new CalendarTime(CalendarField.of(0), CalendarField.of(0), CalendarField.of(0));
}
