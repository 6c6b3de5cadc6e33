package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What JSON a call answers, declared beside the code that makes it. The OpenAPI document is made
 * from it; wherever assertions are on, every answer is compared with it before it goes out.
 */
public sealed interface Shape {
  /** What has no parts. */
  enum Value implements Shape {
    TEXT,
    /** A whole number. */
    INTEGER,
    /** Any number. */
    NUMBER,
    FLAG,
    /** JSON's null. */
    NOTHING,
    /** Whatever another server says. */
    ANYTHING
  }

  /** Text that is one of some words. */
  record Words(List<String> words) implements Shape {
    public Words {
      words = List.copyOf(words);
    }
  }

  record ListOf(Shape item) implements Shape {}

  /** An object whose names are data. */
  record MapOf(Shape value) implements Shape {}

  record Either(List<Shape> shapes) implements Shape {
    public Either {
      shapes = List.copyOf(shapes);
    }
  }

  /**
   * An object.
   *
   * @param others what it may have besides; null = nothing
   */
  record Fields(List<Field> fields, @Nullable Shape others) implements Shape {
    public Fields {
      fields = List.copyOf(fields);
      Map<String, Field> names = new LinkedHashMap<>();
      for (Field field : fields) {
        if (names.put(field.name(), field) != null) {
          throw new IllegalArgumentException("field '" + field.name() + "' declared twice");
        }
      }
    }

    /** The same with more fields. */
    public Fields and(Field... more) {
      List<Field> all = new ArrayList<>(fields);
      all.addAll(List.of(more));
      return new Fields(all, others);
    }

    /** The same with all fields of another. */
    public Fields and(Fields more) {
      return and(more.fields.toArray(Field[]::new));
    }

    public Fields andOthers(Shape shape) {
      return new Fields(fields, shape);
    }
  }

  /**
   * A member of an object.
   *
   * @param always whether every such object has it
   * @param means its unit, or what the name does not say; may be empty
   */
  record Field(String name, Shape shape, boolean always, String means) {
    public static Field of(String name, Shape shape) {
      return new Field(name, shape, true, "");
    }

    public static Field text(String name) {
      return of(name, Value.TEXT);
    }

    public static Field integer(String name) {
      return of(name, Value.INTEGER);
    }

    public static Field number(String name) {
      return of(name, Value.NUMBER);
    }

    public static Field flag(String name) {
      return of(name, Value.FLAG);
    }

    /** A parameter that is shown again as it was given. */
    public static Field of(Param param) {
      return new Field(param.name(), Shape.of(param.type()), !param.optional(), "");
    }

    /** The same, but an object may be without it. */
    public Field orNone() {
      return new Field(name, shape, false, means);
    }

    public Field meaning(String text) {
      return new Field(name, shape, always, text);
    }
  }

  static Fields object(Field... fields) {
    return new Fields(List.of(fields), null);
  }

  static Shape oneOf(String... words) {
    return new Words(List.of(words));
  }

  static Shape map(Shape value) {
    return new MapOf(value);
  }

  static Shape of(ParamType type) {
    return switch (type) {
      case ParamType.Text text -> Value.TEXT;
      case ParamType.Grammar grammar -> Value.TEXT;
      case ParamType.Choice choice -> new Words(choice.words());
      case ParamType.Int number -> Value.INTEGER;
      case ParamType.Bool flag -> Value.FLAG;
      case ParamType.ListOf list -> of(list.item()).list();
    };
  }

  default Shape list() {
    return new ListOf(this);
  }

  default Shape or(Shape other) {
    return new Either(List.of(this, other));
  }

  default Shape orNull() {
    return or(Value.NOTHING);
  }

  /**
   * What is wrong with a value, empty when nothing is.
   *
   * @param at where the value is, for the text
   */
  default String mismatch(JsonNode value, String at) {
    return switch (this) {
      case Value.TEXT -> value.isTextual() ? "" : not("text", value, at);
      case Value.INTEGER -> value.isIntegralNumber() ? "" : not("a whole number", value, at);
      case Value.NUMBER -> value.isNumber() ? "" : not("a number", value, at);
      case Value.FLAG -> value.isBoolean() ? "" : not("a boolean", value, at);
      case Value.NOTHING -> value.isNull() ? "" : not("null", value, at);
      case Value.ANYTHING -> "";
      case Words words ->
          value.isTextual() && words.words().contains(value.textValue())
              ? ""
              : not(words.words().toString(), value, at);
      case ListOf list -> value.isArray() ? items(list, value, at) : not("a list", value, at);
      case MapOf map -> value.isObject() ? values(map, value, at) : not("an object", value, at);
      case Fields fields ->
          value.isObject() ? members(fields, value, at) : not("an object", value, at);
      case Either either -> {
        List<String> all = either.shapes().stream().map(one -> one.mismatch(value, at)).toList();
        yield all.contains("") ? "" : String.join("; and ", all);
      }
    };
  }

  private static String not(String expected, JsonNode value, String at) {
    return at + " is " + value.getNodeType() + " " + value + ", expected " + expected;
  }

  private static String items(ListOf list, JsonNode value, String at) {
    for (int i = 0; i < value.size(); i++) {
      String wrong = list.item().mismatch(value.path(i), at + "[" + i + "]");
      if (!wrong.isEmpty()) {
        return wrong;
      }
    }
    return "";
  }

  private static String values(MapOf map, JsonNode value, String at) {
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      String wrong = map.value().mismatch(member.getValue(), at + "." + member.getKey());
      if (!wrong.isEmpty()) {
        return wrong;
      }
    }
    return "";
  }

  private static String members(Fields shape, JsonNode value, String at) {
    Map<String, Field> declared = new LinkedHashMap<>();
    for (Field field : shape.fields()) {
      declared.put(field.name(), field);
      if (field.always() && !value.has(field.name())) {
        return at + " lacks '" + field.name() + "'";
      }
    }
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      Field field = declared.get(member.getKey());
      Shape expected = field == null ? shape.others() : field.shape();
      String wrong =
          expected == null
              ? at + " has '" + member.getKey() + "', which is not declared"
              : expected.mismatch(member.getValue(), at + "." + member.getKey());
      if (!wrong.isEmpty()) {
        return wrong;
      }
    }
    return "";
  }
}
