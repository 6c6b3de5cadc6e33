package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a backup leaves out (spec/formats.md §6.9). Each pattern is written as
 *
 * <pre>
 * [!] [/] component { / component } [/]
 *   !    first: takes the matches back
 *   /    first: only from the root of the backup, otherwise at any depth
 *   /    last: only directories
 *   ?    one byte, * any bytes, [a-z] [!a-z] [[:digit:]] one of them; never a slash
 *   **   as a whole component: any number of directories; as the last one: all below
 *   \    the next byte as it is
 * </pre>
 *
 * The last pattern that matches decides. What is below a directory that is left out is not looked
 * at. Matching is by bytes, as names are. Immutable.
 */
public final class ExcludePatterns {
  public static final ExcludePatterns NONE = new ExcludePatterns(List.of(), "");

  /** More cannot be meant, and each costs a comparison per name. */
  public static final int COUNT_MAX = 10_000;

  private static final String WHITESPACE = "^[ \t\r\n\f]+|[ \t\r\n\f]+$";
  private static final String ANY_DEPTH = "**";

  // Bytes are matched as Latin-1 characters: one for each, none above 0xff.
  private static final Map<String, String> CLASSES =
      Map.ofEntries(
          Map.entry("alnum", "\\p{Alnum}"),
          Map.entry("alpha", "\\p{Alpha}"),
          Map.entry("blank", "\\p{Blank}"),
          Map.entry("cntrl", "\\p{Cntrl}"),
          Map.entry("digit", "\\p{Digit}"),
          Map.entry("graph", "\\p{Graph}"),
          Map.entry("lower", "\\p{Lower}"),
          Map.entry("print", "\\p{Print}"),
          Map.entry("punct", "\\p{Punct}"),
          Map.entry("space", "\\s"),
          Map.entry("upper", "\\p{Upper}"),
          Map.entry("xdigit", "\\p{XDigit}"));

  /** What the patterns say of a name. */
  enum Verdict {
    EXCLUDED,
    INCLUDED,
    UNNAMED
  }

  private record Rule(Pattern pattern, boolean directoriesOnly, boolean excludes) {}

  private final List<Rule> rules;
  private final String text;

  private ExcludePatterns(List<Rule> rules, String text) {
    this.rules = rules;
    this.text = text;
  }

  /** Throws INVALID_INPUT naming the pattern and what is wrong with it. */
  public static ExcludePatterns parse(List<String> patterns) {
    if (patterns.size() > COUNT_MAX) {
      throw BackupException.invalid(
          patterns.size() + " exclude patterns, expected at most " + COUNT_MAX);
    }
    if (patterns.isEmpty()) {
      return NONE;
    }
    StringBuilder text = new StringBuilder();
    for (String pattern : patterns) {
      text.append(trim(pattern)).append('\n');
    }
    return new ExcludePatterns(
        patterns.stream().map(ExcludePatterns::rule).toList(), text.toString());
  }

  private static String trim(String line) {
    return line.replaceAll(WHITESPACE, "");
  }

  /** The patterns as they were given, each followed by a newline. */
  public String text() {
    return text;
  }

  public boolean isEmpty() {
    return rules.isEmpty();
  }

  /** The same patterns as a choice of what to restore: matches are wanted, {@code !} is not. */
  public Selection asSelection() {
    return (path, directory) ->
        switch (verdict(path, directory)) {
          case EXCLUDED -> Selection.Choice.YES;
          case INCLUDED -> Selection.Choice.NO;
          case UNNAMED -> Selection.Choice.AS_ABOVE;
        };
  }

  /** Whether a name is left out. */
  boolean excludes(Bytes path, boolean directory) {
    return verdict(path, directory) == Verdict.EXCLUDED;
  }

  /**
   * What the last pattern that names it says.
   *
   * @param path from the directory that the patterns count from, without a slash in front
   */
  Verdict verdict(Bytes path, boolean directory) {
    String text = new String(path.toArray(), StandardCharsets.ISO_8859_1);
    for (Rule rule : rules.reversed()) {
      if ((directory || !rule.directoriesOnly) && rule.pattern.matcher(text).matches()) {
        return rule.excludes ? Verdict.EXCLUDED : Verdict.INCLUDED;
      }
    }
    return Verdict.UNNAMED;
  }

  private static Rule rule(String line) {
    String text = trim(line);
    boolean excludes = !text.startsWith("!");
    if (!excludes) {
      text = text.substring(1);
    }
    boolean anchored = text.startsWith("/");
    boolean directoriesOnly = text.endsWith("/");
    List<String> components = new ArrayList<>();
    for (String component : text.split("/", -1)) {
      if (!component.isEmpty()) {
        components.add(component);
      }
    }
    if (components.isEmpty()) {
      throw invalid(line, "it names nothing");
    }
    StringBuilder regex = new StringBuilder(anchored ? "" : "(?:.*/)?");
    for (int i = 0; i < components.size(); i++) {
      String component = components.get(i);
      boolean last = i == components.size() - 1;
      if (component.equals(ANY_DEPTH)) {
        regex.append(last ? ".+" : "(?:[^/]+/)*");
      } else {
        new Glob(line, bytes(component)).appendTo(regex);
        regex.append(last ? "" : "/");
      }
    }
    return new Rule(Pattern.compile(regex.toString(), Pattern.DOTALL), directoriesOnly, excludes);
  }

  private static String bytes(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private static BackupException invalid(String line, String why) {
    return BackupException.invalid("invalid exclude pattern '" + line + "': " + why);
  }

  /** One component on its way to a regular expression. */
  private static final class Glob {
    private final String line;
    private final String text;
    private int at;

    Glob(String line, String text) {
      this.line = line;
      this.text = text;
    }

    void appendTo(StringBuilder regex) {
      while (at < text.length()) {
        char c = text.charAt(at++);
        switch (c) {
          case '*' -> regex.append("[^/]*");
          case '?' -> regex.append("[^/]");
          case '[' -> set(regex);
          case '\\' -> literal(regex, next("it ends in a backslash"));
          default -> literal(regex, c);
        }
      }
    }

    private char next(String otherwise) {
      if (at == text.length()) {
        throw invalid(line, otherwise);
      }
      return text.charAt(at++);
    }

    private static void literal(StringBuilder regex, char c) {
      regex.append(String.format("\\x%02x", (int) c));
    }

    private void set(StringBuilder regex) {
      String open = "its '[' is not closed";
      regex.append("(?!/)[");
      char c = next(open);
      if (c == '!' || c == '^') {
        regex.append('^');
        c = next(open);
      }
      // A ']' right at the beginning is one of the set.
      boolean first = true;
      while (c != ']' || first) {
        first = false;
        if (c == '[' && at < text.length() && text.charAt(at) == ':') {
          named(regex);
        } else {
          char low = c == '\\' ? next(open) : c;
          literal(regex, low);
          boolean range =
              at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']';
          if (range) {
            at++;
            char high = next(open);
            high = high == '\\' ? next(open) : high;
            if (high < low) {
              throw invalid(line, "a range in it ends before it begins");
            }
            regex.append('-');
            literal(regex, high);
          }
        }
        c = next(open);
      }
      regex.append(']');
    }

    private void named(StringBuilder regex) {
      int end = text.indexOf(":]", at + 1);
      String name = end < 0 ? "" : text.substring(at + 1, end);
      String known = CLASSES.get(name);
      if (known == null) {
        throw invalid(line, "it names no known class of characters");
      }
      regex.append(known);
      at = end + 2;
    }
  }
}
