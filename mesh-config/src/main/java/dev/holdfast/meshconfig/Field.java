package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One value of the document and the path that leads to it. Each reading method returns the value,
 * or notes what is wrong with it and returns empty.
 */
record Field(Node node, String path, Problems problems) {
  /** What is shown of a value that is wrong. */
  private static final int SHOWN_LENGTH_MAX = 60;

  /** Above the largest list that makes sense anywhere in the format. */
  private static final int ITEMS_MAX = 10_000;

  /** Any text, also a number as it is written, so that a namespace may be called 2024. */
  Optional<String> text(String expected) {
    if (node instanceof ScalarNode scalar) {
      if (scalar.getTag().equals(Tag.STR) || scalar.getTag().equals(Tag.INT)) {
        return Optional.of(scalar.getValue());
      }
      if (scalar.getTag().equals(Tag.BOOL) || scalar.getTag().equals(Tag.FLOAT)) {
        return fail(expected, "Put it in quotes if it is meant as text.");
      }
    }
    return fail(expected, "");
  }

  /** Text that a value type reads; its refusal becomes the hint. */
  <T> Optional<T> parsed(String expected, Function<String, T> parser) {
    return text(expected).flatMap(text -> tryParse(text, expected, parser));
  }

  private <T> Optional<T> tryParse(String text, String expected, Function<String, T> parser) {
    try {
      return Optional.of(parser.apply(text));
    } catch (BackupException e) {
      return fail(expected, e.text().endsWith(expected) ? "" : "(" + e.text() + ")");
    }
  }

  OptionalInt integer(int min, int max) {
    String expected = "a whole number from " + min + " to " + max;
    if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.INT)) {
      try {
        int value = Integer.parseInt(scalar.getValue());
        if (value >= min && value <= max) {
          return OptionalInt.of(value);
        }
      } catch (NumberFormatException e) {
        // octal, hexadecimal or huge: refused like everything outside the range
      }
    }
    fail(expected, "");
    return OptionalInt.empty();
  }

  Optional<Boolean> bool() {
    if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
      return Optional.of(Boolean.parseBoolean(scalar.getValue()));
    }
    return fail("true or false", "");
  }

  Optional<Fields> map(List<String> keys) {
    if (node instanceof MappingNode mapping) {
      return Optional.of(Fields.read(mapping, path, keys, problems));
    }
    return fail("a mapping with the keys " + String.join(", ", keys), "");
  }

  /** A mapping whose keys are names that the operator chooses. */
  Optional<Fields> namedMap(String expected) {
    if (node instanceof MappingNode mapping) {
      return Optional.of(Fields.read(mapping, path, List.of(), problems));
    }
    return fail(expected, "");
  }

  Optional<List<Field>> list(String expected) {
    if (!(node instanceof SequenceNode sequence)) {
      return fail(expected, "");
    }
    if (sequence.getValue().size() > ITEMS_MAX) {
      return fail("at most " + ITEMS_MAX + " items", "");
    }
    List<Field> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new Field(item, path + "[" + items.size() + "]", problems));
    }
    return Optional.of(items);
  }

  /** A list, or one value where a list of one is meant. */
  Optional<List<Field>> listOrOne(String expected) {
    return node instanceof ScalarNode ? Optional.of(List.of(this)) : list(expected);
  }

  boolean isText() {
    return node instanceof ScalarNode;
  }

  boolean isMap() {
    return node instanceof MappingNode;
  }

  /** Looks into a mapping without noting anything. */
  boolean hasKey(String key) {
    return valueOf(key).isPresent();
  }

  /** Where the value of a key of this mapping stands. */
  Optional<Origin> origin(String key) {
    return valueOf(key).map(value -> problems.origin(value.getStartMark()));
  }

  private Optional<Node> valueOf(String key) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        if (tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key)) {
          return Optional.of(tuple.getValueNode());
        }
      }
    }
    return Optional.empty();
  }

  /** Notes that this value is wrong; always empty. */
  <T> Optional<T> fail(String expected, String hint) {
    problems.add(origin(), path, describe(), expected, hint);
    return Optional.empty();
  }

  Origin origin() {
    return problems.origin(node.getStartMark());
  }

  private String describe() {
    return switch (node) {
      case MappingNode mapping -> "a mapping of " + mapping.getValue().size() + " keys";
      case SequenceNode sequence -> "a list of " + sequence.getValue().size() + " items";
      case ScalarNode scalar -> describe(scalar);
      default -> "a " + node.getNodeType();
    };
  }

  private static String describe(ScalarNode scalar) {
    Tag tag = scalar.getTag();
    if (tag.equals(Tag.NULL)) {
      return "nothing";
    }
    String shown = "'" + shorten(scalar.getValue()) + "'";
    if (tag.equals(Tag.STR) || tag.equals(Tag.INT)) {
      return shown;
    }
    if (tag.equals(Tag.BOOL)) {
      return "the boolean " + shown;
    }
    return tag.equals(Tag.FLOAT) ? "the number " + shown : shown + " tagged " + tag.getValue();
  }

  /** One line, not too long, whatever was in the file. */
  static String shorten(String value) {
    String line = value.replaceAll("\\p{Cntrl}+", " ");
    return line.length() <= SHOWN_LENGTH_MAX ? line : line.substring(0, SHOWN_LENGTH_MAX) + "…";
  }
}
