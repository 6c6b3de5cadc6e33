package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: whoever writes a client reads what the node checks, because both come from one table;
 * and nothing in that table can be called by just anybody because a permission was forgotten.
 */
final class InterfaceTableTest {
  /** Calls without login, every one of them on purpose (spec/protocols.md §2.1). */
  private static final List<String> FOR_EVERYBODY =
      List.of(
          "delete /access/ticket",
          "get /access/domains",
          "get /ping",
          "post /access/openid/auth-url",
          "post /access/openid/login",
          "post /access/ticket",
          "post /access/vncticket");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private interface Visitor {
    void visit(String name, String path, JsonNode operation);
  }

  private void operations(Visitor visitor) throws IOException {
    try (TestNode node = TestNode.start(strict, directory)) {
      PlainRequest.Answer answer =
          new PlainRequest("GET /api2/openapi.json").send(node.address().port());
      assertThat(answer.status()).isEqualTo(200);
      JsonNode document = new JsonMapper().readTree(answer.body());
      assertThat(document.path("openapi").textValue()).isEqualTo("3.1.0");
      document
          .path("paths")
          .properties()
          .forEach(
              path ->
                  path.getValue()
                      .properties()
                      .forEach(
                          method ->
                              visitor.visit(
                                  method.getKey() + " " + path.getKey(),
                                  path.getKey(),
                                  method.getValue())));
    }
  }

  @Test
  void everyEndpointSaysWhatItDoesWhoMayAndWhatItReturns() throws IOException {
    List<String> open = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    operations(
        (name, path, operation) -> {
          assertThat(operation.path("summary").asText()).as(name).endsWith(".");
          assertThat(operation.path("description").asText()).as(name).matches("Permission: ..+\\.");
          for (JsonNode response : operation.path("responses")) {
            assertThat(response.path("description").asText()).as(name).isNotBlank();
          }
          ids.add(operation.path("operationId").asText());
          if (operation.path("security").isEmpty()) {
            open.add(name);
          }
        });
    assertThat(open).containsExactlyInAnyOrderElementsOf(FOR_EVERYBODY);
    assertThat(ids).doesNotHaveDuplicates().hasSizeGreaterThan(100);
  }

  @Test
  void everyPlaceholderOfAPathIsADeclaredParameter() throws IOException {
    Pattern placeholder = Pattern.compile("\\{([^}]+)}");
    operations(
        (name, path, operation) -> {
          List<String> declared = new ArrayList<>();
          operation
              .path("parameters")
              .forEach(
                  parameter -> {
                    if (parameter.path("in").asText().equals("path")) {
                      declared.add(parameter.path("name").asText());
                    }
                  });
          List<String> names =
              placeholder.matcher(path).results().map(found -> found.group(1)).toList();
          assertThat(declared).as(name).isEqualTo(names);
        });
  }
}
