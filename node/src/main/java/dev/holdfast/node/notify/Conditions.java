package dev.holdfast.node.notify;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Remembers of what people were told, so that something that stays bad is told when it begins, when
 * it gets worse, once a day, and when it is over; not every minute. Any thread.
 */
final class Conditions {
  static final Duration REMINDER_INTERVAL = Duration.ofDays(1);

  private final Consumer<Notification> out;
  private final Map<String, Told> told = new HashMap<>();

  private record Told(Severity severity, Instant at) {}

  Conditions(Consumer<Notification> out) {
    this.out = out;
  }

  /** Something is bad, now or still. */
  synchronized void bad(String what, Notification event) {
    Told last = told.get(what);
    if (last == null
        || !last.severity().equals(event.severity())
        || !event.time().isBefore(last.at().plus(REMINDER_INTERVAL))) {
      told.put(what, new Told(event.severity(), event.time()));
      out.accept(event);
    }
  }

  /** It is well; true when somebody was told that it was bad. */
  synchronized boolean well(String what) {
    return told.remove(what) != null;
  }
}
