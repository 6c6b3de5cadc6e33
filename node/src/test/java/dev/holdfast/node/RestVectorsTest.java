package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.testing.Vectors;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a datastore that a real server wrote, adopted as it is, looks the same through the
 * node's REST calls as it looked through that server's. Ground truth: {@code
 * vectors/pbs-3.2.4/api-responses.jsonl}, asked again over {@code datastore-plain}, refused calls
 * and changes included.
 *
 * <p>The archive was packed some minutes after the calls were recorded. So what changed between is
 * left out of the comparison, see {@link #comparable}; the order of lists means nothing.
 */
final class RestVectorsTest {
  private static final JsonMapper JSON = new JsonMapper();

  /** What the node has and the archive has data for. */
  private static final List<Pattern> ASKED =
      List.of(
          Pattern.compile("GET /api2/json/(ping|nope|access/domains)"),
          Pattern.compile("POST /api2/json/version"),
          Pattern.compile("GET /api2/json/admin/datastore/nostore/status"),
          Pattern.compile(
              "GET /api2/json/admin/datastore/plain/"
                  + "(status|groups|snapshots|namespace|files|notes|protected|group-notes)"),
          Pattern.compile("(POST|DELETE) /api2/json/admin/datastore/plain/namespace"),
          Pattern.compile("DELETE /api2/json/admin/datastore/plain/(snapshots|groups)"));

  /** A group that the archive does not have, and one whose refusal names the server's own path. */
  private static final List<String> NOT_IN_THE_ARCHIVE = List.of("smallchunks", "absent");

  private static final int CALLS_MIN = 30;

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  @Test
  void adoptedDatastoreIsAnsweredAboutAsTheServerThatWroteItDid() throws IOException {
    Path plain = Files.createDirectory(directory.resolve("plain"));
    Vectors.unpack("pbs-3.2.4/datastore-plain.tar.zst", plain);
    List<String> asked = new ArrayList<>();
    try (TestNode node =
        TestNode.configured(
            strict,
            directory,
            "site: lyon",
            "datastores:",
            TestNode.declare(new DatastoreName("plain"), plain))) {
      for (JsonNode call : Vectors.jsonLines("pbs-3.2.4/api-responses.jsonl")) {
        if (isAsked(call)) {
          compare(call, ask(node, call));
          asked.add(name(call));
        }
      }
    }
    assertThat(asked).hasSizeGreaterThanOrEqualTo(CALLS_MIN);
  }

  private static String name(JsonNode call) {
    return call.path("method").textValue() + " " + call.path("path").textValue();
  }

  private static boolean isAsked(JsonNode call) {
    return call.path("server").textValue().equals("a")
        && call.path("auth").asText().equals("root")
        && ASKED.stream().anyMatch(pattern -> pattern.matcher(name(call)).matches())
        && !(name(call).startsWith("DELETE")
            && NOT_IN_THE_ARCHIVE.contains(call.path("params").path("backup-id").asText()));
  }

  private static PlainRequest.Answer ask(TestNode node, JsonNode call) throws IOException {
    boolean inBody = call.path("method").textValue().equals("POST");
    PlainRequest request = new PlainRequest(name(call) + (inBody ? "" : query(call)));
    request.header(
        "Authorization",
        "HoldfastLocal "
            + SecretFiles.read(node.state().resolve(AccessState.LOCAL_SECRET_FILE)).reveal());
    if (inBody) {
      request.json(call.path("params").toString());
    }
    return request.send(node.address().port());
  }

  private static String query(JsonNode call) {
    StringBuilder query = new StringBuilder();
    for (Map.Entry<String, JsonNode> parameter : call.path("params").properties()) {
      query
          .append(query.isEmpty() ? '?' : '&')
          .append(parameter.getKey())
          .append('=')
          .append(URLEncoder.encode(parameter.getValue().asText(), StandardCharsets.UTF_8));
    }
    return query.toString();
  }

  private static void compare(JsonNode call, PlainRequest.Answer answer) throws IOException {
    String what = name(call) + query(call);
    assertThat(answer.status())
        .as("%s: %s", what, answer.body())
        .isEqualTo(call.path("status").intValue());
    assertThat(answer.headers().get("content-type"))
        .as(what)
        .isEqualTo(call.path("headers").path("content-type").asText(null));
    if (call.has("json")) {
      JsonNode found = comparable(JSON.readTree(answer.body()));
      assertThat(found.toPrettyString())
          .as(what)
          .isEqualTo(comparable(call.path("json")).toPrettyString());
    } else {
      assertThat(answer.body()).as(what).isEqualTo(call.path("text").textValue());
    }
  }

  // ---- what is compared ----

  /**
   * Without what another moment or another disk changes: verifications (and so the size of
   * manifests), free space, garbage collections, a namespace that was made later. A group's comment
   * is the first line of its notes; the real server leaves the line's end on it.
   */
  private static JsonNode comparable(JsonNode json) {
    if (json.isArray()) {
      List<JsonNode> items = new ArrayList<>();
      json.forEach(item -> items.add(comparable(item)));
      items.removeIf(item -> item.path("ns").asText().equals("site-b/empty"));
      items.sort(Comparator.comparing(JsonNode::toString));
      ArrayNode sorted = JsonNodeFactory.instance.arrayNode();
      return sorted.addAll(items);
    }
    if (!json.isObject()) {
      return json;
    }
    ObjectNode kept = JsonNodeFactory.instance.objectNode();
    boolean sizeChanges = json.has("backup-time") || isManifest(json);
    json.propertyStream()
        .sorted(Map.Entry.comparingByKey())
        .filter(field -> !field.getKey().equals("verification"))
        .forEach(field -> kept.set(field.getKey(), field(field, sizeChanges)));
    return kept;
  }

  private static boolean isManifest(JsonNode file) {
    return file.path("filename").asText().equals("index.json.blob");
  }

  private static JsonNode field(Map.Entry<String, JsonNode> field, boolean sizeChanges) {
    return switch (field.getKey()) {
      case "total", "used", "avail", "gc-status" -> JsonNodeFactory.instance.textNode("some");
      case "comment" -> JsonNodeFactory.instance.textNode(field.getValue().asText().strip());
      case "size" ->
          sizeChanges ? JsonNodeFactory.instance.textNode("some") : comparable(field.getValue());
      default -> comparable(field.getValue());
    };
  }
}
