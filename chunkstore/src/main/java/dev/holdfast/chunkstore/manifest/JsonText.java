package dev.holdfast.chunkstore.manifest;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/**
 * JSON as PBS reads and prints it: strict UTF-8, members sorted by the bytes of their names, two
 * spaces of indent, {@code [ ]} and {@code { }} without a blank when empty, only what must be
 * escaped is escaped. The same tree always gives the same bytes. Source: spec/formats.md §3.5,
 * §3.7.
 */
final class JsonText {
  /** As deep as the reader of PBS goes. */
  private static final int DEPTH_MAX = 128;

  private static final JsonMapper READER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          // Numbers that are not ours are printed again with the digits they came with.
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  static {
    READER
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build());
  }

  // UTF-8 bytes sort as code points do, UTF-16 units do not.
  private static final Comparator<String> BY_BYTES =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private final StringBuilder out = new StringBuilder();
  private final boolean pretty;

  private JsonText(boolean pretty) {
    this.pretty = pretty;
  }

  /** Throws with the reason and its place when the bytes are not one JSON value in UTF-8. */
  static JsonNode parse(byte[] json) throws JsonProcessingException, CharacterCodingException {
    CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
    JsonNode node = tree(text.toString());
    print(node); // an escaped half of a surrogate pair could not be written again
    return node;
  }

  private static JsonNode tree(String text) throws JsonProcessingException {
    try {
      return READER.readTree(text);
    } catch (NumberFormatException e) { // of an exponent with more digits than the library reads
      throw new JsonParseException(null, "number out of range", e);
    }
  }

  /** The canonical pretty form; fails when a text is not well-formed Unicode. */
  static byte[] print(JsonNode node) throws CharacterCodingException {
    return print(node, true);
  }

  /** The same without any white space: what a signature covers. */
  static byte[] printCompact(JsonNode node) throws CharacterCodingException {
    return print(node, false);
  }

  private static byte[] print(JsonNode node, boolean pretty) throws CharacterCodingException {
    JsonText text = new JsonText(pretty);
    text.value(node, 0);
    ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text.out));
    byte[] exact = new byte[bytes.remaining()];
    bytes.get(exact);
    return exact;
  }

  private void value(JsonNode node, int depth) {
    if (node.isObject()) {
      object(node, depth);
    } else if (node.isArray()) {
      array(node, depth);
    } else if (node.isTextual()) {
      string(node.textValue());
    } else {
      out.append(node.asText()); // numbers, true, false, null
    }
  }

  private void object(JsonNode node, int depth) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    names.sort(BY_BYTES);
    out.append('{');
    String separator = "";
    for (String name : names) {
      out.append(separator);
      newLine(depth + 1);
      string(name);
      out.append(pretty ? ": " : ":");
      value(node.path(name), depth + 1);
      separator = ",";
    }
    close('}', names.isEmpty(), depth);
  }

  private void array(JsonNode node, int depth) {
    out.append('[');
    for (Iterator<JsonNode> elements = node.elements(); elements.hasNext(); ) {
      newLine(depth + 1);
      value(elements.next(), depth + 1);
      if (elements.hasNext()) {
        out.append(',');
      }
    }
    close(']', node.isEmpty(), depth);
  }

  private void close(char bracket, boolean empty, int depth) {
    if (!empty) {
      newLine(depth);
    }
    out.append(bracket);
  }

  private void newLine(int depth) {
    if (pretty) {
      out.append('\n').repeat("  ", depth);
    }
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ') {
            out.append("\\u00").append(Character.forDigit(c >> 4, 16));
            out.append(Character.forDigit(c & 0xf, 16));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
