package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The configuration file form that most state files have (spec/formats.md §10.1):
 *
 * <pre>
 * file    := section (blank+ section)*
 * section := type ":" id NL property*
 * property:= (TAB | SPACE)+ key (TAB | SPACE)+ value NL
 * </pre>
 *
 * No comments. A repeated id replaces the earlier section; an array is its key on several lines.
 * Written with sections in file order and keys sorted. Immutable.
 */
public final class SectionConfig {
  public static final SectionConfig EMPTY = new SectionConfig(Map.of());

  /** What a kind of section may hold. */
  public record Schema(Set<String> keys, Set<String> required, Set<String> arrays) {
    public Schema {
      keys = Set.copyOf(keys);
      required = Set.copyOf(required);
      arrays = Set.copyOf(arrays);
    }

    public static Schema of(String... keys) {
      return new Schema(Set.of(keys), Set.of(), Set.of());
    }
  }

  /** One section. Every value has at least one element, and exactly one unless it is an array. */
  public record Section(String type, String id, SortedMap<String, List<String>> properties) {
    public Section {
      SortedMap<String, List<String>> copy = new TreeMap<>();
      properties.forEach((key, values) -> copy.put(key, List.copyOf(values)));
      properties = java.util.Collections.unmodifiableSortedMap(copy);
    }

    /** From single values. */
    public static Section of(String type, String id, Map<String, String> values) {
      SortedMap<String, List<String>> properties = new TreeMap<>();
      values.forEach((key, value) -> properties.put(key, List.of(value)));
      return new Section(type, id, properties);
    }

    public @Nullable String value(String key) {
      List<String> values = properties.get(key);
      return values == null ? null : values.getFirst();
    }

    /** The properties that have one value. */
    public SortedMap<String, String> single() {
      SortedMap<String, String> single = new TreeMap<>();
      properties.forEach((key, values) -> single.put(key, values.getFirst()));
      return single;
    }
  }

  private final Map<String, Section> sections;

  private SectionConfig(Map<String, Section> sections) {
    this.sections = sections;
  }

  public List<Section> sections() {
    return List.copyOf(sections.values());
  }

  public @Nullable Section section(String id) {
    return sections.get(id);
  }

  /** With the section added at the end, or in the place of the one with its id. */
  public SectionConfig with(Section section) {
    Map<String, Section> changed = new LinkedHashMap<>(sections);
    changed.put(section.id(), section);
    return new SectionConfig(changed);
  }

  public SectionConfig without(String id) {
    Map<String, Section> changed = new LinkedHashMap<>(sections);
    changed.remove(id);
    return new SectionConfig(changed);
  }

  /**
   * Throws INVALID_INPUT naming the line.
   *
   * @param schemas what sections there are, by type
   */
  public static SectionConfig parse(String text, Map<String, Schema> schemas) {
    return new Parser(schemas).parse(text);
  }

  public String format() {
    StringBuilder out = new StringBuilder();
    for (Section section : sections.values()) {
      if (!out.isEmpty()) {
        out.append('\n');
      }
      out.append(section.type()).append(": ").append(section.id()).append('\n');
      section
          .properties()
          .forEach(
              (key, values) ->
                  values.forEach(
                      value ->
                          out.append('\t').append(key).append(' ').append(value).append('\n')));
    }
    return out.toString();
  }

  private static final class Parser {
    private final Map<String, Schema> schemas;
    private final Map<String, Section> sections = new LinkedHashMap<>();
    private int line;
    private @Nullable String type;
    private String id = "";
    private SortedMap<String, List<String>> properties = new TreeMap<>();

    Parser(Map<String, Schema> schemas) {
      this.schemas = schemas;
    }

    SectionConfig parse(String text) {
      for (String raw : text.lines().toList()) {
        line++;
        if (raw.isBlank()) {
          end();
        } else if (type == null) {
          header(raw);
        } else {
          property(raw);
        }
      }
      end();
      return new SectionConfig(sections);
    }

    private void header(String raw) {
      int colon = raw.indexOf(':');
      if (colon < 1 || !Character.isLetter(raw.charAt(0))) {
        throw error("found '" + raw + "', expected a section header TYPE: ID");
      }
      String name = raw.substring(0, colon).strip();
      if (!schemas.containsKey(name)) {
        throw error("unknown section type '" + name + "', expected one of " + schemas.keySet());
      }
      id = raw.substring(colon + 1).strip();
      if (id.isEmpty()) {
        throw error("section without an id");
      }
      type = name;
      properties = new TreeMap<>();
    }

    private void property(String raw) {
      if (!Character.isWhitespace(raw.charAt(0))) {
        throw error("found '" + raw + "', expected an indented property or an empty line");
      }
      String stripped = raw.strip();
      int blank = 0;
      while (blank < stripped.length() && !Character.isWhitespace(stripped.charAt(blank))) {
        blank++;
      }
      String key = stripped.substring(0, blank);
      if (blank == stripped.length() && raw.stripTrailing().length() == raw.length()) {
        throw error("property '" + key + "' has no value");
      }
      Schema schema = schema();
      if (!schema.keys().contains(key)) {
        throw error("unknown property '" + key + "' in section '" + type + ": " + id + "'");
      }
      List<String> values = properties.computeIfAbsent(key, k -> new ArrayList<>());
      if (!values.isEmpty() && !schema.arrays().contains(key)) {
        throw error("property '" + key + "' appears twice");
      }
      values.add(stripped.substring(blank).strip());
    }

    private void end() {
      String ended = type;
      if (ended == null) {
        return;
      }
      for (String key : schema().required()) {
        if (!properties.containsKey(key)) {
          throw error("section '" + ended + ": " + id + "' has no property '" + key + "'");
        }
      }
      sections.put(id, new Section(ended, id, properties));
      type = null;
    }

    private Schema schema() {
      Schema schema = type == null ? null : schemas.get(type);
      if (schema == null) {
        throw new AssertionError("a header was accepted without its schema");
      }
      return schema;
    }

    private BackupException error(String what) {
      return BackupException.invalid("line " + line + ": " + what);
    }
  }
}
