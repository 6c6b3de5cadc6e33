package dev.holdfast.meshconfig;

import java.util.List;
import java.util.OptionalInt;

/**
 * One field of a calendar event: the values it allows; no components = any value.
 *
 * @param components as written, in that order
 */
record CalendarField(List<Component> components) {
  static final CalendarField ANY = new CalendarField(List.of());

  /** {@code v}, {@code v..v}, {@code v/n} or {@code v..v/n}. */
  sealed interface Component {
    /** {@code v} */
    record Single(int value) implements Component {}

    /** {@code from..to}, both included. */
    record Range(int from, int to) implements Component {}

    /**
     * {@code from/step}: without an end it is not limited to the field, so the next value may carry
     * over into the next larger one (spec/engine.md §9.2).
     */
    record Endless(int from, int step) implements Component {}

    /** {@code from..to/step} */
    record Stepped(int from, int to, int step) implements Component {}
  }

  CalendarField {
    components = List.copyOf(components);
  }

  static CalendarField of(int value) {
    return new CalendarField(List.of(new Component.Single(value)));
  }

  boolean allows(int value) {
    return components.isEmpty() || components.stream().anyMatch(c -> allows(c, value));
  }

  private static boolean allows(Component component, int value) {
    return switch (component) {
      case Component.Single single -> value == single.value();
      case Component.Range range -> value >= range.from() && value <= range.to();
      case Component.Endless steps -> onStep(value, steps.from(), steps.step());
      case Component.Stepped steps ->
          value <= steps.to() && onStep(value, steps.from(), steps.step());
    };
  }

  private static boolean onStep(int value, int from, int step) {
    return value >= from && (step == 0 ? value == from : (value - from) % step == 0);
  }

  /** The smallest allowed value above this one; of an endless step possibly beyond the field. */
  OptionalInt next(int value) {
    return components.stream().flatMapToInt(c -> next(c, value).stream()).min();
  }

  private static OptionalInt next(Component component, int value) {
    return switch (component) {
      case Component.Single single -> upTo(single.value(), value, single.value());
      case Component.Range range -> upTo(Math.max(range.from(), value + 1), value, range.to());
      case Component.Endless steps ->
          steps.step() == 0
              ? upTo(steps.from(), value, steps.from())
              : OptionalInt.of(stepAfter(value, steps.from(), steps.step()));
      case Component.Stepped steps ->
          steps.step() == 0
              ? upTo(steps.from(), value, steps.from())
              : upTo(stepAfter(value, steps.from(), steps.step()), value, steps.to());
    };
  }

  private static OptionalInt upTo(int candidate, int value, int end) {
    return candidate > value && candidate <= end ? OptionalInt.of(candidate) : OptionalInt.empty();
  }

  private static int stepAfter(int value, int from, int step) {
    return value < from ? from : from + ((value - from) / step + 1) * step;
  }
}
