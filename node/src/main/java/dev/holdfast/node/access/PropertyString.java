package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.Collections;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Several properties in one value of a section file (spec/formats.md §10.1):
 *
 * <pre>
 * text      property [ "," property ]*
 * property  [ key "=" ] value            without a key: of the default key, once
 * value     characters but , and "    |  '"' characters, \" for ", \\ for \ '"'
 * </pre>
 */
public final class PropertyString {
  private final String text;
  private int at;

  private PropertyString(String text) {
    this.text = text;
  }

  /**
   * @param defaultKey of a value without a key; empty = there is none
   * @param keys that may be there, the default among them
   * @throws BackupException INVALID_INPUT for an unknown key, one that is there twice, and a text
   *     that breaks off
   */
  public static SortedMap<String, String> parse(String text, String defaultKey, Set<String> keys) {
    return new PropertyString(text).properties(defaultKey, keys);
  }

  private SortedMap<String, String> properties(String defaultKey, Set<String> keys) {
    SortedMap<String, String> properties = new TreeMap<>();
    while (at < text.length()) {
      String key = key(defaultKey);
      if (!keys.contains(key)) {
        throw invalid(
            key.isEmpty()
                ? "found a value without a key"
                : "found the key '"
                    + key
                    + "', expected one of "
                    + String.join(", ", new TreeSet<>(keys)));
      }
      if (properties.put(key, value()) != null) {
        throw invalid("found the key '" + key + "' twice");
      }
    }
    return Collections.unmodifiableSortedMap(properties);
  }

  private String key(String defaultKey) {
    skipBlanks();
    int end = at;
    while (end < text.length() && isOfKey(text.charAt(end))) {
      end++;
    }
    if (end == text.length() || text.charAt(end) != '=') {
      return defaultKey;
    }
    String key = text.substring(at, end);
    at = end + 1;
    return key;
  }

  private static boolean isOfKey(char c) {
    return c == '-' || (c < 0x80 && Character.isLetterOrDigit(c));
  }

  private String value() {
    if (at == text.length() || text.charAt(at) != '"') {
      int comma = text.indexOf(',', at);
      String value = text.substring(at, comma < 0 ? text.length() : comma);
      at = comma < 0 ? text.length() : comma + 1;
      if (value.indexOf('"') >= 0) {
        throw invalid("found a quotation mark inside '" + value + "'");
      }
      return value.strip();
    }
    String value = quoted();
    skipBlanks();
    if (at < text.length() && text.charAt(at++) != ',') {
      throw invalid("found more after the end of a quoted value, expected a comma");
    }
    return value;
  }

  private String quoted() {
    StringBuilder value = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return value.toString();
      }
      if (c == '\\' && at + 1 < text.length()) {
        c = text.charAt(++at);
      }
      value.append(c);
    }
    throw invalid("found no end of a quoted value");
  }

  private void skipBlanks() {
    while (at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
  }

  private BackupException invalid(String why) {
    return BackupException.invalid("invalid property string '" + text + "': " + why);
  }
}
