package dev.holdfast.node.api;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.meshconfig.CalendarEvent;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * One parameter of a call, and the ones that many calls share (spec/protocols.md §0.1,
 * spec/rest-api.md §3).
 */
public record Param(String name, ParamType type, boolean optional) {
  private static final int ANY_LENGTH = Integer.MAX_VALUE;
  private static final String SAFE_ID = "[A-Za-z0-9_][A-Za-z0-9._\\-]*";
  private static final Pattern ONE_LINE = Pattern.compile("\\P{Cntrl}*");
  private static final String USER_ID = "[^\\s:/\\p{Cntrl}]+@" + SAFE_ID;

  public static final Param STORE =
      text("store", DatastoreName.LENGTH_MIN, DatastoreName.LENGTH_MAX, SAFE_ID);

  /** Empty = root. Eight components pass here and are refused afterwards, as a real server does. */
  public static final Param NS = namespace("ns");

  public static final Param BACKUP_TYPE = choice("backup-type", "vm", "ct", "host");
  public static final Param BACKUP_ID = text("backup-id", 0, ANY_LENGTH, SAFE_ID);
  public static final Param BACKUP_TIME = integer("backup-time", 1, Long.MAX_VALUE);
  public static final Param COMMENT = text("comment", 0, 128, "\\P{Cntrl}*").orNone();
  public static final Param DIGEST = text("digest", 64, 64, "[a-f0-9]{64}").orNone();

  /** A file of a snapshot. */
  public static Param archiveName(String name) {
    return text(name, 0, ANY_LENGTH, SAFE_ID);
  }

  public static Param safeId(String name, int lengthMin, int lengthMax) {
    return text(name, lengthMin, lengthMax, SAFE_ID);
  }

  public static Param namespace(String name) {
    return text(name, 0, 256, "(?:(?:" + SAFE_ID + "/){0,7}" + SAFE_ID + ")?").orNone();
  }

  /** A user, not a token. */
  public static Param userId(String name) {
    return text(name, 3, 64, USER_ID);
  }

  /** A user or a token. */
  public static Param authId(String name) {
    return text(name, 3, 64, USER_ID + "(?:!" + SAFE_ID + ")?");
  }

  /** Any text, of several lines too. */
  public static Param anyText(String name) {
    return new Param(
        name, new ParamType.Text(0, ANY_LENGTH, Pattern.compile(".*", Pattern.DOTALL)), false);
  }

  public static Param text(String name, int lengthMin, int lengthMax, String pattern) {
    return new Param(
        name, new ParamType.Text(lengthMin, lengthMax, Pattern.compile(pattern)), false);
  }

  /**
   * One line in a grammar: see {@link ParamType.Grammar}. Empty is fine if it may be that short.
   */
  public static Param grammar(
      String name, int lengthMin, int lengthMax, String expected, Consumer<String> parse) {
    return new Param(name, new ParamType.Text(lengthMin, lengthMax, ONE_LINE), false)
        .parsed(expected, parse);
  }

  /** The same for what may hold a secret, which no error shows. */
  public static Param hiddenGrammar(
      String name, int lengthMin, int lengthMax, String expected, Consumer<String> parse) {
    ParamType.Text line = new ParamType.Text(lengthMin, lengthMax, ONE_LINE);
    return new Param(name, new ParamType.Grammar(line, expected, true, parse), false);
  }

  /** When something happens. */
  public static Param schedule(String name, int lengthMin, int lengthMax) {
    return grammar(name, lengthMin, lengthMax, CalendarEvent.GRAMMAR, CalendarEvent::parse);
  }

  public static Param choice(String name, String... words) {
    return new Param(name, new ParamType.Choice(List.of(words)), false);
  }

  public static Param integer(String name, long min, long max) {
    return new Param(name, new ParamType.Int(min, max), false);
  }

  public static Param bool(String name) {
    return new Param(name, new ParamType.Bool(), true);
  }

  /** Every item is checked as this parameter's one value would be. */
  public Param list() {
    return new Param(name, new ParamType.ListOf(type), optional);
  }

  /** The same text, which a parser has to read as well: see {@link ParamType.Grammar}. */
  public Param parsed(String expected, Consumer<String> parse) {
    if (type instanceof ParamType.Text form) {
      return new Param(name, new ParamType.Grammar(form, expected, false, parse), optional);
    }
    throw new IllegalStateException("parameter '" + name + "' is not text");
  }

  /** The same, but it may be left out. */
  public Param orNone() {
    return new Param(name, type, true);
  }
}
