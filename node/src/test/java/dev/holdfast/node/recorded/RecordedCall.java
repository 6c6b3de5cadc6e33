package dev.holdfast.node.recorded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.InflaterInputStream;

/**
 * One line of {@code api-responses.jsonl}.
 *
 * @param index of the line, from 0
 */
record RecordedCall(String version, int index, JsonNode line) {
  private static final String PREFIX = "/api2/json";

  /** The parts of a path that name something of one server. */
  private static final Pattern NAMES =
      Pattern.compile("(?<=/datastore/|/users/|/tasks/|/scan/|/config/remote/|/config/sync/)[^/]+");

  static List<RecordedCall> read(String version) throws IOException {
    List<RecordedCall> calls = new ArrayList<>();
    for (JsonNode line : Vectors.jsonLines(version + "/api-responses.jsonl")) {
      calls.add(new RecordedCall(version, calls.size(), line));
    }
    return calls;
  }

  String server() {
    return line.path("server").textValue();
  }

  String method() {
    return line.path("method").textValue();
  }

  String path() {
    return line.path("path").textValue();
  }

  JsonNode params() {
    JsonNode params = line.path("params");
    return params.isNull() ? MissingNode.getInstance() : params;
  }

  String note() {
    return line.path("note").asText("");
  }

  /** Whose token was sent: root, backup, bad; empty when none was. */
  String auth() {
    return line.path("auth").asText("").replace("null", "");
  }

  boolean jsonBody() {
    return line.path("content_type").asText("").equals("json");
  }

  String requestHeader(String name) {
    return line.path("request_headers").path(name).asText("");
  }

  /** Method and path, with a star for everything that is a name. */
  String template() {
    return method() + " " + NAMES.matcher(path().substring(PREFIX.length())).replaceAll("*");
  }

  Answer answer() {
    JsonNode headers = line.path("headers");
    String text = line.path("text").asText("");
    JsonNode json = line.path("json");
    if (line.has("body_hex")) {
      text = inflate(HexFormat.of().parseHex(line.path("body_hex").textValue()));
      json = MissingNode.getInstance();
    }
    return new Answer(
        line.path("status").intValue(),
        headers.path("content-type").asText(""),
        headers.path("content-encoding").asText(""),
        headers.path("set-cookie").asText(""),
        json.isMissingNode() ? text : json.toString());
  }

  /** Of a compressed body. */
  static String inflate(byte[] body) {
    try (InputStream in = new InflaterInputStream(new ByteArrayInputStream(body))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a client reads of an answer; texts that are absent are empty. */
  record Answer(int status, String contentType, String encoding, String cookie, String body) {
    Answer withBody(String other) {
      return new Answer(status, contentType, encoding, cookie, other);
    }
  }

  @Override
  public String toString() {
    return version + " #" + index + " " + method() + " " + path() + " " + params() + " " + note();
  }
}
