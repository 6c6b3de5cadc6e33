package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a parameter may be. The texts are those of spec/protocols.md §3.3, which clients print and
 * people search for.
 */
public sealed interface ParamType {
  /** Thrown text, without the parameter's name. */
  static BackupException refuse(String text) {
    return BackupException.invalid(text);
  }

  /** A value given as text: query, form or path. */
  Object fromText(String text);

  /** A scalar given as JSON of its true type: String, Long or Boolean. */
  Object fromJson(Object value);

  /** Text of a length, of a pattern, or one of some values (none = any). */
  record Text(int lengthMin, int lengthMax, @Nullable Pattern pattern, List<String> values)
      implements ParamType {
    @Override
    public Object fromText(String text) {
      if (text.length() < lengthMin) {
        throw refuse("value must be at least " + lengthMin + " characters long");
      }
      if (text.length() > lengthMax) {
        throw refuse("value may only be " + lengthMax + " characters long");
      }
      if (pattern != null && !pattern.matcher(text).matches()) {
        throw refuse("value does not match the regex pattern");
      }
      if (!values.isEmpty() && !values.contains(text)) {
        throw refuse("value '" + text + "' is not defined in the enumeration.");
      }
      return text;
    }

    @Override
    public Object fromJson(Object value) {
      if (value instanceof String text) {
        return fromText(text);
      }
      throw refuse("Expected string value.");
    }
  }

  /** A whole number, held as Long. */
  record Int(long min, long max) implements ParamType {
    private static final Pattern DIGITS = Pattern.compile("[+-]?[0-9]{1,18}");

    @Override
    public Object fromText(String text) {
      if (!DIGITS.matcher(text).matches()) {
        throw refuse("invalid digit found in string");
      }
      return inRange(Long.parseLong(text));
    }

    @Override
    public Object fromJson(Object value) {
      if (value instanceof Long number) {
        return inRange(number);
      }
      throw refuse("Expected integer value.");
    }

    private Object inRange(long value) {
      if (value < min) {
        throw refuse("value must have a minimum value of " + min + " (got " + value + ")");
      }
      if (value > max) {
        throw refuse("value must have a maximum value of " + max + " (got " + value + ")");
      }
      return value;
    }
  }

  /** Held as Boolean. */
  record Bool() implements ParamType {
    @Override
    public Object fromText(String text) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "1", "on", "yes", "true" -> true;
        case "0", "off", "no", "false" -> false;
        default -> throw refuse("Unable to parse boolean option.");
      };
    }

    @Override
    public Object fromJson(Object value) {
      if (value instanceof Boolean) {
        return value;
      }
      throw refuse("Expected boolean value.");
    }
  }

  /** A list of scalars: the key repeated, or a JSON array. */
  record ListOf(ParamType item) implements ParamType {
    @Override
    public Object fromText(String text) {
      return item.fromText(text);
    }

    @Override
    public Object fromJson(Object value) {
      throw refuse("Expected array - got scalar value.");
    }
  }
}
