package dev.holdfast.meshconfig;

/** The date part of a calendar event. */
record CalendarDate(CalendarField year, CalendarField month, CalendarField day) {
  static final CalendarDate ANY =
      new CalendarDate(CalendarField.ANY, CalendarField.ANY, CalendarField.ANY);
}
