package dev.holdfast.meshconfig;

import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Text to a tree of nodes with marks. Everything that makes a document expensive is bounded before
 * the tree is built: its size, its nesting, its aliases. Nothing of it is ever turned into Java
 * objects by tags.
 */
final class YamlDocument {
  /** A mesh of a thousand sites needs some 300 KiB. */
  static final int CODE_POINTS_MAX = 1 << 20;

  /** Our own format nests five deep; the tree builder recurses once per level. */
  static final int NESTING_MAX = 20;

  /** Enough to share keep rules between datastores; far too few to build a bomb. */
  static final int ALIASES_MAX = 50;

  private YamlDocument() {}

  /** The root node, or empty with the reason in {@code problems}. */
  static Optional<Node> read(String text, Problems problems) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(problems.file())
            .setSchema(new CoreSchema())
            .setUseMarks(true)
            .setCodePointLimit(CODE_POINTS_MAX)
            .setMaxAliasesForCollections(ALIASES_MAX)
            .setAllowRecursiveKeys(false)
            .build();
    try {
      if (!withinLimits(text, settings, problems)) {
        return Optional.empty();
      }
      Optional<Node> root = new Compose(settings).composeString(text);
      if (root.isEmpty()) {
        Origin start = problems.origin(Optional.empty());
        problems.add(start, "", "an empty document", "at least the key 'site'", "");
      }
      return root;
    } catch (MarkedYamlEngineException e) {
      String context = e.getContext() == null ? "" : " (" + e.getContext() + ")";
      Origin at =
          problems.origin(e.getProblemMark().isPresent() ? e.getProblemMark() : e.getContextMark());
      problems.add(at, "", e.getProblem() + context, "valid YAML 1.2", hint(e));
    } catch (ReaderException e) {
      String found = String.format("the character U+%04X", e.getCodePoint());
      Origin at = originOf(text, e.getPosition(), problems.file());
      problems.add(at, "", found, "printable text", "");
    } catch (YamlEngineException e) {
      String found = String.valueOf(e.getMessage());
      problems.add(problems.origin(Optional.empty()), "", found, "valid YAML 1.2", "");
    }
    return Optional.empty();
  }

  // The event parser does not recurse, so that it can look at any nesting.
  private static boolean withinLimits(String text, LoadSettings settings, Problems problems) {
    int depth = 0;
    int aliases = 0;
    for (Event event : new Parse(settings).parseString(text)) {
      if (event instanceof CollectionStartEvent && ++depth > NESTING_MAX) {
        Origin at = problems.origin(event.getStartMark());
        String found = "values nested more than " + NESTING_MAX + " deep";
        problems.add(at, "", found, "at most " + NESTING_MAX, "");
        return false;
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      } else if (event instanceof AliasEvent && ++aliases > ALIASES_MAX) {
        Origin at = problems.origin(event.getStartMark());
        String found = "more than " + ALIASES_MAX + " aliases";
        problems.add(at, "", found, "at most " + ALIASES_MAX, "Write the values out.");
        return false;
      } else if (event instanceof ScalarEvent scalar
          && scalar.isPlain()
          && scalar.getValue().equals("<<")) {
        // The composer would merge before anyone could see a doubled key.
        Origin at = problems.origin(event.getStartMark());
        String hint = "Merge keys are not part of YAML 1.2; use an alias for the whole value.";
        problems.add(at, "", "the merge key '<<'", "plain keys", hint);
        return false;
      }
    }
    return true;
  }

  private static String hint(MarkedYamlEngineException e) {
    String problem = String.valueOf(e.getProblem());
    if (problem.contains("\\t") || problem.contains("TAB")) {
      return "YAML is indented with blanks, not tabs.";
    }
    if (problem.contains("mapping values are not allowed here")) {
      return "Text that holds ': ' needs quotes; or a line is indented too far.";
    }
    if (problem.contains("could not find expected ':'")) {
      return "A key is followed by ':' and a blank.";
    }
    return "";
  }

  /** Line and column of a position counted in code points. */
  static Origin originOf(String text, int position, String file) {
    int line = 1;
    int column = 1;
    int at = 0;
    for (int i = 0; i < position && at < text.length(); i++) {
      int codePoint = text.codePointAt(at);
      at += Character.charCount(codePoint);
      column++;
      if (codePoint == '\n') {
        line++;
        column = 1;
      }
    }
    return new Origin(file, line, column);
  }
}
