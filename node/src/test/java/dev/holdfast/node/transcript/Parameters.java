package dev.holdfast.node.transcript;

import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What each call must and may say (spec/protocols.md §3.3, §4.1, §4.5, §6): a server refuses a call
 * that lacks a parameter, that has one it does not know, or one of the wrong shape.
 */
final class Parameters {
  private static final int QUERY_CHARACTERS_MAX = 4096;

  private static final String SAFE_ID = "[A-Za-z0-9_][A-Za-z0-9._-]*";
  private static final String FLAG = "true|false|0|1";
  private static final String UPGRADE = "backup-id backup-time backup-type store ns? debug?";

  /** A question mark: may be left out. */
  private static final Map<String, String> CALLS =
      Map.ofEntries(
          Map.entry("GET /backup", UPGRADE + " benchmark? no-cache?"),
          Map.entry("GET /reader", UPGRADE),
          Map.entry("GET /previous_backup_time", ""),
          Map.entry("GET /previous", "archive-name"),
          Map.entry("POST /blob", "file-name encoded-size"),
          Map.entry("POST /dynamic_index", "archive-name"),
          Map.entry("POST /fixed_index", "archive-name size reuse-csum?"),
          Map.entry("POST /dynamic_chunk", "wid digest size encoded-size"),
          Map.entry("POST /fixed_chunk", "wid digest size encoded-size"),
          Map.entry("PUT /dynamic_index", ""),
          Map.entry("PUT /fixed_index", ""),
          Map.entry("POST /dynamic_close", "wid chunk-count size csum"),
          Map.entry("POST /fixed_close", "wid chunk-count size csum"),
          Map.entry("POST /finish", ""),
          Map.entry("GET /download", "file-name"),
          Map.entry("GET /chunk", "digest"));

  private static final Map<String, Pattern> SHAPES =
      Map.ofEntries(
          shape("store", "(?=.{3,32}$)" + SAFE_ID),
          shape("ns", "(" + SAFE_ID + "(/" + SAFE_ID + "){0,6})?"),
          shape("backup-type", "vm|ct|host"),
          shape("backup-id", SAFE_ID),
          shape("backup-time", "[1-9][0-9]*"),
          shape("debug", FLAG),
          shape("benchmark", FLAG),
          shape("no-cache", FLAG),
          shape("archive-name", SAFE_ID),
          shape("file-name", SAFE_ID),
          shape("digest", "[0-9a-f]{64}"),
          shape("csum", "[0-9a-f]{64}"),
          shape("reuse-csum", "[0-9a-f]{64}"),
          shape("wid", "[0-9]+"),
          shape("size", "[0-9]+"),
          shape("encoded-size", "[0-9]+"),
          shape("chunk-count", "[0-9]+"));

  private final Passed.Asked asked;

  private Parameters(Passed.Asked asked) {
    this.asked = asked;
  }

  private static Map.Entry<String, Pattern> shape(String name, String pattern) {
    return Map.entry(name, Pattern.compile(pattern));
  }

  static Parameters of(Passed.Asked asked) {
    String expected = CALLS.get(asked.call());
    Unacceptable.unless(expected != null, "Path '%s' not found", asked.call());
    int characters = asked.query().toString().length();
    Unacceptable.unless(characters <= QUERY_CHARACTERS_MAX, "query of %d characters", characters);
    Set<String> unknown = new HashSet<>(asked.query().keySet());
    for (String name : Objects.requireNonNull(expected).split(" ", -1)) {
      String bare = name.replace("?", "");
      String value = asked.query().get(bare);
      unknown.remove(bare);
      Unacceptable.unless(
          value != null || name.isEmpty() || name.endsWith("?"),
          "%s: '%s': parameter is missing and it is not optional",
          asked.call(),
          bare);
      if (value != null) {
        Unacceptable.unless(
            Objects.requireNonNull(SHAPES.get(bare)).matcher(value).matches(),
            "%s: '%s': value %s does not match the regex pattern",
            asked.call(),
            bare,
            value);
      }
    }
    Unacceptable.unless(
        unknown.isEmpty(),
        "%s: %s: schema does not allow additional properties",
        asked.call(),
        unknown);
    return new Parameters(asked);
  }

  String text(String name) {
    return Objects.requireNonNull(asked.query().get(name), name);
  }

  long number(String name, long min, long max) {
    long value = Long.parseLong(text(name));
    Unacceptable.unless(
        value >= min && value <= max,
        "%s: '%s': %d is not within %d and %d",
        asked.call(),
        name,
        value,
        min,
        max);
    return value;
  }

  /** A file name that ends as it must. */
  String name(String parameter, String extension) {
    String name = text(parameter);
    Unacceptable.unless(name.endsWith(extension), "wrong archive extension: '%s'", name);
    return name;
  }
}
