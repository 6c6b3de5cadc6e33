package dev.holdfast.node.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.holdfast.node.recorded.RecordedCall.Answer;
import dev.holdfast.node.testing.PlainRequest;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compares answers with what the OpenAPI document of a node says of their calls, by somebody else's
 * JSON Schema. Listings of inner nodes are in no document.
 */
final class DocumentedAnswers {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String PREFIX = "/api2/json";
  private static final String TYPE = "application/json;charset=UTF-8";
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);

  private final JsonNode paths;
  private final AtomicInteger compared = new AtomicInteger();
  private final Map<String, JsonSchema> schemas = new ConcurrentHashMap<>();

  private DocumentedAnswers(JsonNode document) {
    this.paths = document.path("paths");
  }

  /** Of the node that listens there. */
  static DocumentedAnswers of(int port) throws IOException {
    return new DocumentedAnswers(
        JSON.readTree(new PlainRequest("GET /api2/openapi.json").send(port).body()));
  }

  /** How many bodies were looked at. */
  int compared() {
    return compared.get();
  }

  /** Whether the status is documented, and the body is what the schema of that status allows. */
  List<String> problems(String method, String path, Answer answer) {
    String call = method + " " + template(path);
    JsonNode operation =
        paths.path(template(path)).path(method.toLowerCase(Locale.ROOT)).path("responses");
    if (operation.isMissingNode()) {
      return List.of();
    }
    JsonNode response = operation.path(Integer.toString(answer.status()));
    if (response.isMissingNode()) {
      return List.of(call + " has no " + answer.status() + ": " + answer.body());
    }
    JsonNode content = response.path("content");
    if (content.isEmpty()) {
      return List.of(); // text, or no type at all
    }
    boolean isJson = answer.body().startsWith("{");
    if (!isJson || !content.has(TYPE)) {
      return isJson == content.has(TYPE) || content.size() > 1
          ? List.of()
          : List.of(call + " is of another type than " + content + ": " + answer.contentType());
    }
    compared.incrementAndGet();
    JsonSchema schema =
        schemas.computeIfAbsent(call, name -> SCHEMAS.getSchema(content.path(TYPE).path("schema")));
    try {
      return schema.validate(JSON.readTree(answer.body())).stream()
          .map(message -> call + ": " + message.getMessage())
          .toList();
    } catch (IOException e) {
      return List.of(call + " is no JSON: " + e.getMessage());
    }
  }

  /** The one that fits best: names before placeholders. */
  private String template(String path) {
    String below = path.substring(PREFIX.length()).replaceAll("/{2,}", "/").replaceAll("/$", "");
    return Stream.concat(
            Stream.of(below),
            paths.properties().stream()
                .map(Map.Entry::getKey)
                .filter(template -> matches(template, below)))
        .filter(paths::has)
        .findFirst()
        .orElse(below);
  }

  private static boolean matches(String template, String path) {
    String[] parts = template.split("\\{[^}]+}", -1);
    String pattern = String.join("[^/]+", Stream.of(parts).map(Pattern::quote).toList());
    return path.matches(pattern);
  }
}
