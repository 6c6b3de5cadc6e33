package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.node.cli.Table.Align;
import dev.holdfast.node.cli.Table.Column;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongFunction;

/** One column of a listing: its header, and how it is made of a row of the answer. */
record Field(Column column, Function<JsonNode, String> content) {
  /** A member as it is; nothing for one that is absent. */
  static Field text(String name) {
    return of(name, Align.LEFT, row -> plain(row.path(name)));
  }

  static Field number(String name) {
    return of(name, Align.RIGHT, row -> plain(row.path(name)));
  }

  /** Bytes with a unit. */
  static Field bytes(String name) {
    return of(name, Align.RIGHT, row -> number(row.path(name), HumanText::bytes));
  }

  /** Seconds since the epoch as local time. */
  static Field time(String name) {
    return of(name, Align.LEFT, row -> number(row.path(name), HumanText::time));
  }

  static Field of(String header, Align align, Function<JsonNode, String> content) {
    return new Field(new Column(header, align), content);
  }

  /** A column for each member that any row has, for answers whose members we do not know. */
  static List<Field> all(JsonNode rows) {
    Map<String, Boolean> numeric = new LinkedHashMap<>();
    for (JsonNode row : rows) {
      for (Map.Entry<String, JsonNode> member : row.properties()) {
        boolean number = member.getValue().isNumber() || member.getValue().isNull();
        numeric.merge(member.getKey(), number, Boolean::logicalAnd);
      }
    }
    List<Field> fields = new ArrayList<>();
    numeric.forEach((name, number) -> fields.add(number ? ofNumber(name) : text(name)));
    return fields;
  }

  /** By the way in which the API names its numbers. */
  private static Field ofNumber(String name) {
    if (name.endsWith("-at-ms")) {
      return of(name, Align.LEFT, row -> number(row.path(name), ms -> HumanText.time(ms / 1000)));
    }
    if (name.endsWith("time") || name.endsWith("-at") || name.equals("since")) {
      return time(name);
    }
    return name.endsWith("bytes") ? bytes(name) : number(name);
  }

  String cell(JsonNode row) {
    return content.apply(row);
  }

  private static String number(JsonNode value, LongFunction<String> format) {
    return value.isNumber() ? format.apply(value.asLong()) : plain(value);
  }

  /** Lists of words one a line, anything deeper as JSON. */
  static String plain(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return "";
    }
    if (value.isArray() && !value.isEmpty() && value.get(0).isValueNode()) {
      StringBuilder lines = new StringBuilder();
      for (Iterator<JsonNode> each = value.elements(); each.hasNext(); ) {
        lines.append(each.next().asText()).append(each.hasNext() ? "\n" : "");
      }
      return lines.toString();
    }
    return value.isValueNode() ? value.asText() : value.isEmpty() ? "" : value.toString();
  }
}
