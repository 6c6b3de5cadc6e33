package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Which groups a sync takes: {@code [include:|exclude:]} then {@code type:vm|ct|host}, {@code
 * group:TYPE/ID} or {@code regex:RE}, the last searched for anywhere in {@code type/id}
 * (spec/engine.md §5.4). Compared by their text.
 */
public final class GroupFilter {
  /** What is allowed, for people. */
  public static final String GRAMMAR =
      "[include:|exclude:] and type:vm|ct|host, group:TYPE/ID or regex:RE";

  private static final int LENGTH_MAX = 1024;

  /** One way to pick groups. */
  public sealed interface Matcher {
    /** All groups of a type. */
    record OfType(BackupType type) implements Matcher {}

    /** One group. */
    record Exactly(GroupId group) implements Matcher {}

    /** Groups whose {@code type/id} holds a match. */
    record Regex(Pattern pattern) implements Matcher {}
  }

  private final String text;
  private final boolean exclude;
  private final Matcher matcher;

  private GroupFilter(String text, boolean exclude, Matcher matcher) {
    this.text = text;
    this.exclude = exclude;
    this.matcher = matcher;
  }

  public static GroupFilter parse(String text) {
    if (text.length() > LENGTH_MAX) {
      throw BackupException.invalid(
          "group filter of " + text.length() + " characters: expected at most " + LENGTH_MAX);
    }
    boolean exclude = text.startsWith("exclude:");
    String rest =
        exclude || text.startsWith("include:") ? text.substring("include:".length()) : text;
    int colon = rest.indexOf(':');
    String kind = colon < 0 ? rest : rest.substring(0, colon);
    String value = colon < 0 ? "" : rest.substring(colon + 1);
    Matcher matcher =
        switch (kind) {
          case "type" -> new Matcher.OfType(BackupType.parse(value));
          case "group" -> new Matcher.Exactly(GroupId.parse(value));
          case "regex" -> new Matcher.Regex(regex(value));
          default ->
              throw BackupException.invalid(
                  "invalid group filter '" + text + "': expected " + GRAMMAR);
        };
    return new GroupFilter(text, exclude, matcher);
  }

  private static Pattern regex(String value) {
    try {
      return Pattern.compile(value);
    } catch (PatternSyntaxException e) {
      throw BackupException.invalid(
          "invalid regex '" + value + "' at position " + e.getIndex() + ": " + e.getDescription());
    }
  }

  /** Kept when no include filter is there or one matches, and no exclude filter matches. */
  public static boolean accepts(List<GroupFilter> filters, GroupId group) {
    boolean includes = filters.stream().anyMatch(f -> !f.exclude);
    boolean included = filters.stream().anyMatch(f -> !f.exclude && f.matches(group));
    boolean excluded = filters.stream().anyMatch(f -> f.exclude && f.matches(group));
    return (!includes || included) && !excluded;
  }

  private boolean matches(GroupId group) {
    return switch (matcher) {
      case Matcher.OfType type -> type.type() == group.type();
      case Matcher.Exactly exactly -> exactly.group().equals(group);
      case Matcher.Regex regex -> regex.pattern().matcher(group.toString()).find();
    };
  }

  public boolean isExclude() {
    return exclude;
  }

  public Matcher matcher() {
    return matcher;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GroupFilter that && text.equals(that.text);
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
}
