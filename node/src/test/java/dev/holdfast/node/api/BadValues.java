package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Values that a JSON Schema does not allow, with what real servers say of each. */
final class BadValues {
  /** None of them is a safe id; the last is no line either. */
  private static final List<String> ODD = List.of("a b", "+", "é", "a\u0007");

  private static final int LENGTH_SENT_MAX = 5000;

  private BadValues() {}

  static Map<String, String> of(JsonNode schema) {
    Map<String, String> bad = new TreeMap<>();
    switch (schema.path("type").asText()) {
      case "array" -> bad.putAll(of(schema.path("items")));
      case "boolean" -> bad.put("maybe", "Unable to parse boolean option.");
      case "integer" -> {
        bad.put("1.5", "invalid digit found in string");
        bad.put("", "cannot parse integer from empty string");
        bad.put("9".repeat(30), "number too large to fit in target type");
        if (schema.has("minimum")) {
          long min = schema.path("minimum").asLong();
          bad.put(
              "" + (min - 1),
              "value must have a minimum value of " + min + " (got " + (min - 1) + ")");
        }
        if (schema.has("maximum")) {
          long max = schema.path("maximum").asLong();
          bad.put(
              "" + (max + 1),
              "value must have a maximum value of " + max + " (got " + (max + 1) + ")");
        }
      }
      case "string" -> {
        if (schema.has("enum")) {
          bad.put("no-such-word", "value 'no-such-word' is not defined in the enumeration.");
        } else {
          outOfText(schema, bad);
        }
      }
      default -> throw new AssertionError("no values for " + schema);
    }
    return bad;
  }

  private static void outOfText(JsonNode schema, Map<String, String> bad) {
    int min = schema.path("minLength").asInt(0);
    int max = schema.path("maxLength").asInt(Integer.MAX_VALUE);
    if (min > 0) {
      bad.put("a".repeat(min - 1), "value must be at least " + min + " characters long");
    }
    if (max < LENGTH_SENT_MAX) {
      bad.put("a".repeat(max + 1), "value may only be " + max + " characters long");
    }
    String pattern = schema.path("pattern").asText("");
    for (String odd : ODD) {
      String padded = odd + "g".repeat(Math.max(0, min - odd.length()));
      if (!pattern.isEmpty() && !padded.matches(pattern)) {
        bad.put(padded, "value does not match the regex pattern");
        break;
      }
    }
  }
}
