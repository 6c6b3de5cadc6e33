package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * What values a parameter may have, and the words that refuse others (spec/protocols.md §3.3). A
 * value comes as text (query, form, path) or with its JSON type; both give the same Java value:
 * {@link String}, {@link Long}, {@link Boolean} or a {@link List} of them.
 */
public sealed interface ParamType {
  /** A value was refused; the text is the part behind the parameter's name. */
  final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String text) {
      super(text, null, false, false); // an expected outcome: no stack trace
    }

    String text() {
      String message = getMessage();
      return message == null ? "" : message;
    }
  }

  Object ofText(String text) throws Refused;

  Object ofJson(JsonNode node) throws Refused;

  /** Length in characters; it is checked before the pattern. */
  record Text(int lengthMin, int lengthMax, Pattern pattern) implements ParamType {
    @Override
    public Object ofText(String text) throws Refused {
      int length = text.codePointCount(0, text.length());
      if (length < lengthMin) {
        throw new Refused("value must be at least " + lengthMin + " characters long");
      }
      if (length > lengthMax) {
        throw new Refused("value may only be " + lengthMax + " characters long");
      }
      if (!pattern.matcher(text).matches()) {
        throw new Refused("value does not match the regex pattern");
      }
      return text;
    }

    @Override
    public Object ofJson(JsonNode node) throws Refused {
      if (!node.isTextual()) {
        throw new Refused("Expected string value.");
      }
      return ofText(node.textValue());
    }
  }

  /**
   * Text in a grammar that a parser of its own reads, such as a schedule. What is refused is shown,
   * with what is allowed.
   *
   * @param form length and characters, checked first
   * @param expected what is allowed, for people
   * @param hidden whether it may be a secret, which no error shows
   * @param parse throws INVALID_INPUT; gets the text without blanks around it
   */
  record Grammar(Text form, String expected, boolean hidden, Consumer<String> parse)
      implements ParamType {
    private static final int SHOWN_MAX = 80;

    @Override
    public Object ofText(String text) throws Refused {
      Object value = form.ofText(text);
      String stripped = text.strip();
      if (stripped.isEmpty() && form.lengthMin() == 0) {
        return value; // takes the property away
      }
      try {
        parse.accept(stripped);
      } catch (BackupException e) {
        String found = hidden ? "" : "found '" + shorten(stripped) + "', ";
        throw new Refused(e.text() + " (" + found + "expected " + expected + ")");
      }
      return value;
    }

    private static String shorten(String text) {
      return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "…";
    }

    @Override
    public Object ofJson(JsonNode node) throws Refused {
      if (!node.isTextual()) {
        throw new Refused("Expected string value.");
      }
      return ofText(node.textValue());
    }
  }

  /** One of some words. */
  record Choice(List<String> words) implements ParamType {
    public Choice {
      words = List.copyOf(words);
    }

    @Override
    public Object ofText(String text) throws Refused {
      if (!words.contains(text)) {
        throw new Refused("value '" + text + "' is not defined in the enumeration.");
      }
      return text;
    }

    @Override
    public Object ofJson(JsonNode node) throws Refused {
      if (!node.isTextual()) {
        throw new Refused("Expected string value.");
      }
      return ofText(node.textValue());
    }
  }

  /** A whole number within bounds. */
  record Int(long min, long max) implements ParamType {
    private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]+");

    @Override
    public Object ofText(String text) throws Refused {
      if (text.isEmpty()) {
        throw new Refused("cannot parse integer from empty string");
      }
      if (!DIGITS.matcher(text).matches()) {
        throw new Refused("invalid digit found in string");
      }
      try {
        return inRange(Long.parseLong(text));
      } catch (NumberFormatException e) {
        throw new Refused("number too large to fit in target type");
      }
    }

    @Override
    public Object ofJson(JsonNode node) throws Refused {
      if (!node.isIntegralNumber() || !node.canConvertToLong()) {
        throw new Refused("Expected integer value.");
      }
      return inRange(node.longValue());
    }

    private Long inRange(long value) throws Refused {
      if (value < min) {
        throw new Refused("value must have a minimum value of " + min + " (got " + value + ")");
      }
      if (value > max) {
        throw new Refused("value must have a maximum value of " + max + " (got " + value + ")");
      }
      return value;
    }
  }

  /** Yes or no. */
  record Bool() implements ParamType {
    @Override
    public Object ofText(String text) throws Refused {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "1", "on", "yes", "true" -> true;
        case "0", "off", "no", "false" -> false;
        default -> throw new Refused("Unable to parse boolean option.");
      };
    }

    @Override
    public Object ofJson(JsonNode node) throws Refused {
      if (!node.isBoolean()) {
        throw new Refused("Expected boolean value.");
      }
      return node.booleanValue();
    }
  }

  /**
   * Several values: the key repeated as text, an array in JSON. The body limit bounds its length.
   */
  record ListOf(ParamType item) implements ParamType {
    @Override
    public Object ofText(String text) throws Refused {
      return List.of(item.ofText(text));
    }

    @Override
    public Object ofJson(JsonNode node) throws Refused {
      if (!node.isArray()) {
        throw new Refused("Expected array - got scalar value.");
      }
      List<Object> values = new ArrayList<>(node.size());
      for (JsonNode element : node) {
        values.add(item.ofJson(element));
      }
      return values;
    }
  }
}
