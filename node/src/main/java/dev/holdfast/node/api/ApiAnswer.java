package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.file.Path;
import java.util.Map;

/** What a handler answers. */
public sealed interface ApiAnswer {
  ApiAnswer NULL = new Data(NullNode.getInstance(), Map.of());

  static ApiAnswer of(JsonNode data) {
    return new Data(data, Map.of());
  }

  /**
   * @param data the member that every success has
   * @param attributes further top-level members: {@code total}, {@code digest}, {@code active}
   */
  record Data(JsonNode data, Map<String, JsonNode> attributes) implements ApiAnswer {}

  /** A stored file, sent as it is. */
  record File(Path path) implements ApiAnswer {}
}
