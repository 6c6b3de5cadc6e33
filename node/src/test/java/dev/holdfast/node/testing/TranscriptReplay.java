package dev.holdfast.node.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.replication.testing.RawTls;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plays the clients' part of a recorded transcript against a node, in the recorded order and with
 * the recorded bytes, and has every answer judged. Only what belongs to one run is exchanged: the
 * address, tickets, tokens, tasks, and the numbers of index writers.
 */
public final class TranscriptReplay implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern WID = Pattern.compile("((?:[?&]wid=|\"wid\":))(\\d+)");

  private static final Pattern ENCODED_TASK = Pattern.compile("UPID%3A[^/ ?]*");
  private static final Pattern ENCODED_SIZE = Pattern.compile("(?<=encoded-size=)\\d+");

  /** Every server takes these. */
  private static final int FRAME_BYTES = 16 << 10;

  private final int port;
  private final Judge judge;
  private final String authorization;
  private final Map<String, String> tasks = new HashMap<>();
  private final Map<Integer, Connection> connections = new HashMap<>();
  private JsonNode ticket = JSON.nullNode();

  /** What a test makes of an answer. */
  public interface Judge {
    /**
     * @param asked method, path and query as they were sent
     */
    @SuppressWarnings("ArrayRecordComponent") // a test's value, read once
    record Answer(
        String asked, JsonNode recorded, int status, Map<String, String> headers, byte[] body) {
      public String text() {
        return new String(body, StandardCharsets.UTF_8);
      }

      /** Whether it was given within a session. */
      public boolean inSession() {
        return recorded.path("proto").asText().equals("h2");
      }
    }

    void judge(Answer answer) throws IOException;
  }

  /** Where the bodies come from that a transcript does not hold. */
  public interface Bodies {
    /**
     * @param upgrade head of the request that opened the session
     * @param asked path and query
     * @param recorded size and SHA-256
     */
    byte[] sent(String upgrade, String asked, JsonNode recorded) throws IOException;
  }

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

  /** With answers as strictly as recorded; for clients that log in with a password. */
  public TranscriptReplay(int port, RecordedBodies bodies) {
    this(port, new StrictJudge(bodies), "");
  }

  /**
   * @param authorization of the token that takes the place of the recorded one
   */
  public TranscriptReplay(int port, Judge judge, String authorization) {
    this.port = port;
    this.judge = judge;
    this.authorization = authorization;
  }

  /** The lines of a transcript, in their order. */
  public void play(List<JsonNode> lines, Bodies bodies) throws IOException {
    connections.clear();
    for (JsonNode line : ascending(lines)) {
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
        http1(connection, kind, line, bodies);
      } else {
        http2(connection, kind, line, bodies);
      }
    }
  }

  /**
   * Requests were recorded when they ended. Streams must begin in the order of their numbers, so of
   * those that stand together the lowest comes first.
   */
  private static List<JsonNode> ascending(List<JsonNode> lines) {
    List<JsonNode> sorted = new ArrayList<>(lines);
    for (int from = 0, to; from < sorted.size(); from = to) {
      to = from + 1;
      if (isStream(sorted.get(from))) {
        while (to < sorted.size() && isStream(sorted.get(to))) {
          to++;
        }
        sorted
            .subList(from, to)
            .sort(
                Comparator.comparing((JsonNode line) -> line.path("conn").intValue())
                    .thenComparing(line -> line.path("stream").intValue()));
      }
    }
    return sorted;
  }

  private static boolean isStream(JsonNode line) {
    return line.path("kind").asText().equals("request") && line.has("stream");
  }

  // ---- HTTP/1.1 ----

  private void http1(Connection connection, String kind, JsonNode line, Bodies bodies)
      throws IOException {
    if (kind.equals("request")) {
      connection.head = withTask(line.path("line").textValue());
      connection.tls.text(connection.head + "\r\n");
      for (JsonNode header : line.path("headers")) {
        String name = header.get(0).textValue();
        String value = current(name, header.get(1).textValue());
        connection.tls.text(name + ": " + value + "\r\n");
      }
      byte[] body = body(connection, line, bodies);
      connection.tls.text("\r\n" + new String(body, StandardCharsets.ISO_8859_1)).send();
      return;
    }
    PlainRequest.Answer answer = PlainRequest.read(connection.tls);
    byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
    if (answer.status() == 200) {
      learn(connection, line, answer.body());
    }
    judge.judge(
        new Judge.Answer(asked(connection.head), line, answer.status(), answer.headers(), body));
  }

  private static String asked(String head) {
    return head.substring(0, head.lastIndexOf(' '));
  }

  /** Keeps what later requests bring along again. */
  private void learn(Connection connection, JsonNode line, String text) throws IOException {
    String recorded = line.path("body").path("text").asText("");
    if (connection.head.contains("/access/ticket")) {
      ticket = JSON.readTree(text).path("data");
    } else if (recorded.startsWith("{\"data\":\"UPID:")) {
      tasks.put(
          JSON.readTree(recorded).path("data").textValue(),
          JSON.readTree(text).path("data").asText());
    }
  }

  /** A task id stands percent-encoded in a path. */
  private String withTask(String head) {
    String known = head;
    for (Map.Entry<String, String> task : tasks.entrySet()) {
      Matcher path = ENCODED_TASK.matcher(known);
      if (path.find()
          && URLDecoder.decode(path.group(), StandardCharsets.UTF_8).equals(task.getKey())) {
        known = path.replaceFirst(URLEncoder.encode(task.getValue(), StandardCharsets.UTF_8));
      }
    }
    return known;
  }

  private String current(String name, String recorded) {
    return switch (name) {
      case "host" -> "127.0.0.1:" + port;
      case "cookie" -> "PBSAuthCookie=" + ticket.path("ticket").textValue();
      case "authorization" -> authorization;
      case "csrfpreventiontoken" -> ticket.path("CSRFPreventionToken").textValue();
      default -> recorded;
    };
  }

  // ---- HTTP/2 ----

  private void http2(Connection connection, String kind, JsonNode line, Bodies bodies)
      throws IOException {
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
      case "request" -> request(connection, line, bodies);
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

  private static void request(Connection connection, JsonNode line, Bodies bodies)
      throws IOException {
    int stream = line.path("stream").intValue();
    byte[] body = body(connection, line, bodies);
    Http2Headers fields = new DefaultHttp2Headers();
    for (JsonNode header : line.path("headers")) {
      String name = header.get(0).textValue();
      String value = header.get(1).textValue();
      if (name.equals(":path")) {
        value = withWriter(connection, value);
        value = ENCODED_SIZE.matcher(value).replaceFirst(Integer.toString(body.length));
        connection.asked.put(stream, method(line) + " " + value);
      }
      fields.add(name, name.equals("content-length") ? Integer.toString(body.length) : value);
    }
    connection.tls.request(stream, fields, body.length == 0);
    connection.answers.send(stream, body, FRAME_BYTES);
  }

  private static String method(JsonNode request) {
    return header(request, ":method");
  }

  private static String header(JsonNode request, String name) {
    for (JsonNode header : request.path("headers")) {
      if (header.get(0).textValue().equals(name)) {
        return header.get(1).textValue();
      }
    }
    return "";
  }

  private static byte[] body(Connection connection, JsonNode line, Bodies bodies)
      throws IOException {
    JsonNode recorded = line.path("body");
    if (recorded.path("size").intValue() == 0) {
      return new byte[0];
    }
    if (recorded.hasNonNull("text")) {
      return withWriter(connection, recorded.path("text").textValue())
          .getBytes(StandardCharsets.UTF_8);
    }
    return bodies.sent(connection.head, header(line, ":path"), recorded);
  }

  private static String withWriter(Connection connection, String text) {
    return WID.matcher(text)
        .replaceAll(m -> m.group(1) + connection.writers.getOrDefault(m.group(2), m.group(2)));
  }

  private void response(Connection connection, JsonNode line) throws IOException {
    int stream = line.path("stream").intValue();
    String asked = connection.asked.getOrDefault(stream, "?");
    StreamAnswers.Answer answer = connection.answers.await(stream);
    if (asked.startsWith("POST /dynamic_index?") || asked.startsWith("POST /fixed_index?")) {
      String recorded = line.path("body").path("text").textValue();
      connection.writers.put(data(recorded), data(answer.text()));
    }
    judge.judge(
        new Judge.Answer(
            asked, line, Integer.parseInt(answer.status()), answer.headers(), answer.body()));
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
