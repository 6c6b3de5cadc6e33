package dev.holdfast.node.notify;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.meshconfig.DailyDuration;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.SectionValues;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides which notifications go to which targets (spec/engine.md §14): one by its fields, its
 * severity and the time of day; without any of these all.
 */
final class Matcher {
  static final String TYPE = "matcher";

  private final boolean enabled;
  private final boolean any;
  private final boolean inverted;
  private final List<Predicate<Notification>> conditions;
  private final List<String> targets;

  private Matcher(
      boolean enabled,
      boolean any,
      boolean inverted,
      List<Predicate<Notification>> conditions,
      List<String> targets) {
    this.enabled = enabled;
    this.any = any;
    this.inverted = inverted;
    this.conditions = List.copyOf(conditions);
    this.targets = List.copyOf(targets);
  }

  /**
   * Throws INVALID_INPUT for a condition that cannot be.
   *
   * @param zone of the times of day
   */
  static Matcher of(Section section, ZoneId zone) {
    String mode = section.value("mode");
    if (mode != null && !mode.equals("all") && !mode.equals("any")) {
      throw BackupException.invalid("found mode '" + mode + "', expected all or any");
    }
    List<Predicate<Notification>> conditions = new ArrayList<>();
    values(section, "match-field").forEach(text -> conditions.add(field(text)));
    for (String text : values(section, "match-severity")) {
      Set<Severity> wanted = severities(text);
      conditions.add(event -> wanted.contains(event.severity()));
    }
    for (String text : values(section, "match-calendar")) {
      DailyDuration duration = DailyDuration.parse(text);
      conditions.add(event -> duration.contains(LocalDateTime.ofInstant(event.time(), zone)));
    }
    return new Matcher(
        !flag(section, "disable"),
        "any".equals(mode),
        flag(section, "invert-match"),
        conditions,
        values(section, "target"));
  }

  /** Throws INVALID_INPUT. */
  static Set<Severity> severities(String text) {
    return list(text).map(Severity::parse).collect(Collectors.toSet());
  }

  /** Throws INVALID_INPUT. */
  static Predicate<Notification> field(String text) {
    int equals = text.indexOf('=');
    int colon = text.indexOf(':');
    if (equals < 0 || (colon > equals && text.startsWith("regex:"))) {
      throw BackupException.invalid(
          "found match-field '" + text + "', expected exact:FIELD=VALUE,… or regex:FIELD=PATTERN");
    }
    String kind = colon < 0 || colon > equals ? "exact" : text.substring(0, colon);
    String name = text.substring(colon < 0 || colon > equals ? 0 : colon + 1, equals);
    String value = text.substring(equals + 1);
    return switch (kind) {
      case "exact" -> {
        Set<String> wanted = list(value).collect(Collectors.toSet());
        yield event -> wanted.contains(event.fields().get(name));
      }
      case "regex" -> {
        Pattern pattern = pattern(value);
        yield event -> {
          String found = event.fields().get(name);
          return found != null && pattern.matcher(found).find();
        };
      }
      default ->
          throw BackupException.invalid(
              "found match-field '" + text + "', expected it to begin with exact: or regex:");
    };
  }

  private static Pattern pattern(String text) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new BackupException(
          BackupException.Kind.INVALID_INPUT,
          "found '" + text + "', which is no regular expression: " + e.getDescription(),
          e);
    }
  }

  private static Stream<String> list(String text) {
    return Arrays.stream(text.split(",", -1)).map(String::strip);
  }

  private static List<String> values(Section section, String key) {
    return section.properties().getOrDefault(key, List.of());
  }

  static boolean flag(Section section, String key) {
    String value = section.value(key);
    return value != null && SectionValues.bool(value);
  }

  boolean matches(Notification event) {
    if (!enabled) {
      return false;
    }
    boolean met =
        conditions.isEmpty()
            || (any
                ? conditions.stream().anyMatch(condition -> condition.test(event))
                : conditions.stream().allMatch(condition -> condition.test(event)));
    return met != inverted;
  }

  List<String> targets() {
    return targets;
  }
}
