package dev.holdfast.node.job;

import dev.holdfast.meshconfig.CalendarEvent;

/** Why a job runs. */
public sealed interface Trigger {
  /** It is due. */
  record Schedule(CalendarEvent at) implements Trigger {}

  /** Somebody, or the node itself, wants all of it done now; its schedule counts from here. */
  record Request() implements Trigger {}

  /**
   * Something happened that concerns a part of it. The schedule goes on as if this had not been.
   */
  record Event() implements Trigger {}
}
