package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.api.Shape.Field;
import java.util.List;

/** Parameters and answers in the words of JSON Schema 2020-12, which OpenAPI 3.1 has. */
final class JsonSchemas {
  private JsonSchemas() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static ObjectNode type(String name) {
    return object().put("type", name);
  }

  // ---- parameters ----

  static ObjectNode of(ParamType type) {
    return switch (type) {
      case ParamType.Text text -> text(text);
      case ParamType.Grammar grammar -> text(grammar.form()).put("description", grammar.expected());
      case ParamType.Choice choice -> words(choice.words());
      case ParamType.Int number -> {
        ObjectNode json = type("integer");
        if (number.min() != Long.MIN_VALUE) {
          json.put("minimum", number.min());
        }
        if (number.max() != Long.MAX_VALUE) {
          json.put("maximum", number.max());
        }
        yield json;
      }
      case ParamType.Bool flag -> type("boolean");
      case ParamType.ListOf list -> items(of(list.item()));
    };
  }

  private static ObjectNode text(ParamType.Text text) {
    ObjectNode json = type("string");
    if (text.lengthMin() > 0) {
      json.put("minLength", text.lengthMin());
    }
    if (text.lengthMax() != Integer.MAX_VALUE) {
      json.put("maxLength", text.lengthMax());
    }
    String pattern = text.pattern().pattern();
    if (!pattern.equals(".*")) {
      json.put("pattern", "^(?:" + portable(pattern) + ")$");
    }
    return json;
  }

  /** In the words of ECMA 262, as JSON Schema wants it. */
  private static String portable(String pattern) {
    return pattern
        .replace("\\P{Cntrl}", "[^\\x00-\\x1f\\x7f]")
        .replace("\\p{Cntrl}", "\\x00-\\x1f\\x7f");
  }

  private static ObjectNode words(List<String> words) {
    ObjectNode json = type("string");
    ArrayNode list = json.putArray("enum");
    words.forEach(list::add);
    return json;
  }

  private static ObjectNode items(ObjectNode item) {
    ObjectNode json = type("array");
    json.set("items", item);
    return json;
  }

  // ---- answers ----

  static ObjectNode of(Shape shape) {
    return switch (shape) {
      case Shape.Value.TEXT -> type("string");
      case Shape.Value.INTEGER -> type("integer");
      case Shape.Value.NUMBER -> type("number");
      case Shape.Value.FLAG -> type("boolean");
      case Shape.Value.NOTHING -> type("null");
      case Shape.Value.ANYTHING -> object();
      case Shape.Words words -> words(words.words());
      case Shape.ListOf list -> items(of(list.item()));
      case Shape.MapOf map -> {
        ObjectNode json = type("object");
        json.set("additionalProperties", of(map.value()));
        yield json;
      }
      case Shape.Fields fields -> fields(fields);
      case Shape.Either either -> {
        ObjectNode json = object();
        ArrayNode list = json.putArray("anyOf");
        either.shapes().forEach(one -> list.add(of(one)));
        yield json;
      }
    };
  }

  private static ObjectNode fields(Shape.Fields shape) {
    ObjectNode json = type("object");
    ObjectNode properties = json.putObject("properties");
    for (Field field : shape.fields()) {
      ObjectNode schema = of(field.shape());
      if (!field.means().isEmpty()) {
        schema.put("description", field.means());
      }
      properties.set(field.name(), schema);
    }
    List<Field> always = shape.fields().stream().filter(Field::always).toList();
    if (!always.isEmpty()) {
      ArrayNode required = json.putArray("required");
      always.forEach(field -> required.add(field.name()));
    }
    Shape others = shape.others();
    if (others == null) {
      json.put("additionalProperties", false);
    } else {
      json.set("additionalProperties", of(others));
    }
    return json;
  }
}
