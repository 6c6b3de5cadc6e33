package dev.holdfast.node.api.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.node.access.SectionValues;
import dev.holdfast.node.api.Shape;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Short names for making answers. */
final class Json {
  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  /**
   * Adds properties of a section file, with the types that the shape declares. What it does not
   * declare is not shown: secrets above all.
   */
  static ObjectNode putSection(
      ObjectNode json, Shape.Fields shape, Map<String, List<String>> properties) {
    for (Shape.Field field : shape.fields()) {
      List<String> values = properties.get(field.name());
      if (values != null) {
        switch (field.shape()) {
          case Shape.ListOf list -> values.forEach(json.putArray(field.name())::add);
          case Shape.Value.INTEGER ->
              json.put(field.name(), SectionValues.integer(values.getFirst()));
          case Shape.Value.FLAG -> json.put(field.name(), SectionValues.bool(values.getFirst()));
          default -> json.put(field.name(), values.getFirst());
        }
      }
    }
    return json;
  }

  /** The same of properties that have one value each. */
  static ObjectNode putValues(ObjectNode json, Shape.Fields shape, Map<String, String> properties) {
    Map<String, List<String>> lists = new TreeMap<>();
    properties.forEach((key, value) -> lists.put(key, List.of(value)));
    return putSection(json, shape, lists);
  }
}
