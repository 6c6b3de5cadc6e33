package dev.holdfast.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.error.BackupException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --output}, and the two shapes of a listing: what the node answered, or a table of it. */
final class OutputOption {
  enum Format {
    TEXT,
    JSON;

    /** {@code json-pretty} is what the real client calls our only JSON form. */
    static Format parse(String text) {
      return switch (text) {
        case "text" -> TEXT;
        case "json", "json-pretty" -> JSON;
        default ->
            throw BackupException.invalid(
                "unknown output format '" + text + "': expected text or json");
      };
    }
  }

  private static final String VARIABLE = "PROXMOX_OUTPUT_FORMAT";

  @Option(
      names = {"--output", "--output-format"},
      paramLabel = "FORMAT",
      description = "text (a table) or json; default: $PROXMOX_OUTPUT_FORMAT, else text.")
  private @Nullable Format format;

  boolean isJson(Terminal terminal) {
    Format chosen = format;
    if (chosen == null) {
      chosen = terminal.variable(VARIABLE).map(Format::parse).orElse(Format.TEXT);
    }
    return chosen == Format.JSON;
  }

  /**
   * Prints a list of objects.
   *
   * @param rows an array
   */
  void print(Terminal terminal, JsonNode rows, List<Field> fields) {
    if (isJson(terminal)) {
      json(terminal, rows);
    } else {
      terminal.out().print(table(rows, fields));
    }
  }

  /** Prints one value. */
  void print(Terminal terminal, JsonNode value) {
    if (isJson(terminal)) {
      json(terminal, value);
    } else {
      terminal.line(Field.plain(value));
    }
  }

  /** Prints one object, a property a line. */
  void properties(Terminal terminal, JsonNode object) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    object
        .properties()
        .forEach(
            property ->
                rows.addObject().put("name", property.getKey()).set("value", property.getValue()));
    if (isJson(terminal)) {
      json(terminal, object);
    } else {
      terminal.out().print(table(rows, List.of(Field.text("name"), Field.text("value"))));
    }
  }

  static void json(Terminal terminal, JsonNode data) {
    terminal.line(data.toPrettyString());
  }

  private static String table(JsonNode rows, List<Field> fields) {
    Table table = new Table(fields.stream().map(Field::column).toList());
    for (JsonNode row : rows) {
      List<String> cells = new ArrayList<>(fields.size());
      fields.forEach(field -> cells.add(field.cell(row)));
      table.add(cells);
    }
    return table.render();
  }
}
