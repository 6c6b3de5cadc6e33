package dev.holdfast.node.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.replication.testing.RawTls;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plays the clients' part of a recorded transcript against a node, in the recorded order and with
 * the recorded bytes, and compares every answer with the recorded one. Only what belongs to one run
 * is exchanged: the address, tickets, and the numbers of index writers.
 */
public final class TranscriptReplay implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern WID = Pattern.compile("((?:[?&]wid=|\"wid\":))(\\d+)");
  private static final Pattern PARAMETER = Pattern.compile("[?&]([a-z-]+)=([^& ]*)");

  private final int port;
  private final RecordedBodies bodies;
  private final Map<Integer, Connection> connections = new HashMap<>();
  private JsonNode ticket = JSON.nullNode();

  /** What is said on one connection. */
  private static final class Connection {
    final RawTls tls;
    final StreamAnswers answers;
    final Map<String, String> writers = new HashMap<>();
    final Map<Integer, String> asked = new HashMap<>();
    String head = "";

    Connection(RawTls tls) {
      this.tls = tls;
      this.answers = new StreamAnswers(tls);
    }
  }

  public TranscriptReplay(int port, RecordedBodies bodies) {
    this.port = port;
    this.bodies = bodies;
  }

  /** The lines of a transcript, in their order. */
  public void play(List<JsonNode> lines) throws IOException {
    for (JsonNode line : lines) {
      int number = line.path("conn").intValue();
      String kind = line.path("kind").textValue();
      if (kind.equals("connect")) {
        connections.put(number, new Connection(RawTls.connect(port)));
        continue;
      }
      Connection connection = Objects.requireNonNull(connections.get(number));
      if (kind.equals("close")) {
        connection.tls.close();
      } else if (line.path("proto").textValue().equals("h1")) {
        http1(connection, kind, line);
      } else {
        http2(connection, kind, line);
      }
    }
  }

  // ---- HTTP/1.1 ----

  private void http1(Connection connection, String kind, JsonNode line) throws IOException {
    if (kind.equals("request")) {
      connection.head = line.path("line").textValue();
      connection.tls.text(connection.head + "\r\n");
      for (JsonNode header : line.path("headers")) {
        String name = header.get(0).textValue();
        String value = current(name, header.get(1).textValue());
        connection.tls.text(name + ": " + value + "\r\n");
      }
      connection.tls.text("\r\n" + line.path("body").path("text").asText("")).send();
      return;
    }
    String[] head = connection.tls.readHead().split("\r\n", -1);
    Map<String, String> headers = new HashMap<>();
    for (String header : List.of(head).subList(1, head.length)) {
      int colon = header.indexOf(':');
      if (colon > 0) {
        headers.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
    }
    String text =
        connection.tls.readText(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    assertThat(head[0]).as(connection.head).isEqualTo(line.path("line").textValue());
    AnswerComparison.headers(connection.head, line, headers, false);
    if (connection.head.contains("/access/ticket")) {
      ticket = JSON.readTree(text).path("data");
      JsonNode recorded = JSON.readTree(line.path("body").path("text").textValue()).path("data");
      assertThat(ticket.fieldNames())
          .toIterable()
          .containsExactlyInAnyOrderElementsOf(recorded::fieldNames);
    }
  }

  private String current(String name, String recorded) {
    return switch (name) {
      case "host" -> "127.0.0.1:" + port;
      case "cookie" -> "PBSAuthCookie=" + ticket.path("ticket").textValue();
      case "csrfpreventiontoken" -> ticket.path("CSRFPreventionToken").textValue();
      default -> recorded;
    };
  }

  // ---- HTTP/2 ----

  private void http2(Connection connection, String kind, JsonNode line) throws IOException {
    boolean ours = line.path("from").asText("c").equals("c");
    switch (kind) {
      case "preface" -> connection.tls.text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      case "settings" -> {
        if (ours) {
          settings(connection.tls, line);
        } else if (!line.path("ack").booleanValue()) {
          connection.answers.awaitSettings();
        }
      }
      case "window_update" -> {
        if (ours) {
          byte[] increment = ByteBuffer.allocate(4).putInt(line.path("inc").intValue()).array();
          connection
              .tls
              .frame(RawTls.WINDOW_UPDATE, 0, line.path("stream").intValue(), increment)
              .send();
        }
      }
      case "goaway" -> {
        if (ours) {
          connection.tls.frame(RawTls.GOAWAY, 0, 0, new byte[8]).send();
        }
      }
      case "request" -> request(connection, line);
      case "response" -> response(connection, line);
      default -> throw new AssertionError("line of a transcript: " + line);
    }
  }

  private static void settings(RawTls tls, JsonNode line) throws IOException {
    boolean ack = line.path("ack").booleanValue();
    JsonNode values = line.path("values");
    ByteBuffer payload = ByteBuffer.allocate(6 * values.size());
    for (Map.Entry<String, JsonNode> value : values.properties()) {
      payload.putShort(Short.parseShort(value.getKey())).putInt(value.getValue().intValue());
    }
    tls.frame(RawTls.SETTINGS, ack ? RawTls.ACK : 0, 0, payload.array()).send();
  }

  private void request(Connection connection, JsonNode line) throws IOException {
    int stream = line.path("stream").intValue();
    byte[] body = body(connection, line.path("body"));
    Http2Headers fields = new DefaultHttp2Headers();
    for (JsonNode header : line.path("headers")) {
      String name = header.get(0).textValue();
      String value = header.get(1).textValue();
      if (name.equals(":path")) {
        value = withWriter(connection, value);
        connection.asked.put(stream, value);
      }
      fields.add(name, value);
    }
    connection.tls.request(stream, fields, body.length == 0);
    if (body.length > 0) {
      connection.tls.frame(RawTls.DATA, RawTls.END_STREAM, stream, body);
    }
    connection.tls.send();
  }

  private byte[] body(Connection connection, JsonNode recorded) throws IOException {
    if (recorded.path("size").intValue() == 0) {
      return new byte[0];
    }
    if (recorded.hasNonNull("text")) {
      return withWriter(connection, recorded.path("text").textValue())
          .getBytes(StandardCharsets.UTF_8);
    }
    byte[] found = bodies.find(recorded);
    if (found != null) {
      return found;
    }
    byte[] manifest = bodies.sentManifest(snapshot(connection.head));
    assertThat(Digest.sha256(manifest).hex()).isEqualTo(recorded.path("sha256").textValue());
    return manifest;
  }

  /** Of the query of an upgrade request: {@code host/tap/2024-06-10T00:00:00Z}. */
  private static String snapshot(String head) {
    Map<String, String> query = new HashMap<>();
    for (Matcher m = PARAMETER.matcher(head); m.find(); ) {
      query.put(m.group(1), m.group(2));
    }
    Instant time =
        Instant.ofEpochSecond(Long.parseLong(query.getOrDefault("backup-time", "missing")));
    return query.get("backup-type") + "/" + query.get("backup-id") + "/" + time;
  }

  private static String withWriter(Connection connection, String text) {
    return WID.matcher(text)
        .replaceAll(m -> m.group(1) + connection.writers.getOrDefault(m.group(2), m.group(2)));
  }

  private void response(Connection connection, JsonNode line) throws IOException {
    int stream = line.path("stream").intValue();
    String asked = connection.asked.getOrDefault(stream, "?");
    StreamAnswers.Answer answer = connection.answers.await(stream);
    if (asked.startsWith("/dynamic_index?") || asked.startsWith("/fixed_index?")) {
      String recorded = line.path("body").path("text").textValue();
      connection.writers.put(data(recorded), data(answer.text()));
      AnswerComparison.answer(asked, line, answer, answer.text());
    } else {
      AnswerComparison.answer(asked, line, answer, line.path("body").path("text").asText(null));
    }
    if (!line.path("body").hasNonNull("text")) {
      byte[] recorded = bodies.find(line.path("body"));
      AnswerComparison.file(asked, Objects.requireNonNull(recorded, asked), answer.body());
    }
  }

  private static String data(String answer) throws IOException {
    return JSON.readTree(answer).path("data").toString();
  }

  @Override
  public void close() throws IOException {
    for (Connection connection : connections.values()) {
      connection.tls.close();
    }
  }
}
