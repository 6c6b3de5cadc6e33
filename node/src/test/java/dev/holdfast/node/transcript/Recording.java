package dev.holdfast.node.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the recorded transcripts, and the heads that they have in common with a tap. */
public final class Recording {
  private Recording() {}

  private record Timed(double seconds, Passed passed) {}

  /**
   * In the order of time: a request when it began, an answer when it was whole. The file has one
   * connection after the other.
   *
   * @param name such as {@code pbs-4.2/transcripts/backup-image}
   */
  public static List<Passed> of(String name) throws IOException {
    List<Timed> all = new ArrayList<>();
    double last = 0;
    for (JsonNode line : Vectors.jsonLines(name + ".jsonl")) {
      last = line.path("t_end").asDouble(line.path("t").asDouble(last));
      Passed passed = passed(line);
      if (passed != null) {
        boolean asked = passed instanceof Passed.Asked;
        all.add(new Timed(asked ? line.path("t").doubleValue() : last, passed));
      }
    }
    return all.stream()
        .sorted(Comparator.comparingDouble(Timed::seconds))
        .map(Timed::passed)
        .toList();
  }

  private static @Nullable Passed passed(JsonNode line) {
    int connection = line.path("conn").intValue();
    int stream = line.path("stream").asInt(Passed.NO_STREAM);
    return switch (line.path("kind").textValue()) {
      case "request" -> {
        Map<String, String> headers = headers(line);
        String head =
            stream == Passed.NO_STREAM
                ? line.path("line").textValue()
                : headers.get(":method") + " " + headers.get(":path");
        yield asked(connection, stream, head, headers, body(line.path("body")));
      }
      case "response" -> {
        String status =
            stream == Passed.NO_STREAM
                ? line.path("line").textValue().split(" ", 3)[1]
                : headers(line).get(":status");
        yield new Passed.Answered(
            connection, stream, Integer.parseInt(status), body(line.path("body")));
      }
      case "close" -> new Passed.Ended(connection);
      default -> null; // settings, windows
    };
  }

  /** Names in lower case. */
  private static Map<String, String> headers(JsonNode line) {
    Map<String, String> headers = new HashMap<>();
    for (JsonNode header : line.path("headers")) {
      headers.put(header.path(0).textValue().toLowerCase(Locale.ROOT), header.path(1).textValue());
    }
    return headers;
  }

  private static Passed.Body body(JsonNode body) {
    int bytes = body.path("size").intValue();
    if (body.hasNonNull("text")) {
      return Passed.Body.of(body.path("text").textValue().getBytes(StandardCharsets.UTF_8));
    }
    byte[] first = HexFormat.of().parseHex(body.path("head_hex").asText(""));
    return new Passed.Body(bytes, first.length == bytes ? first : null);
  }

  /**
   * @param head {@code METHOD TARGET}, and a version after it or not
   */
  static Passed.Asked asked(
      int connection, int stream, String head, Map<String, String> headers, Passed.Body body) {
    String[] words = head.split(" ", 3);
    int question = words[1].indexOf('?');
    String path = question < 0 ? words[1] : words[1].substring(0, question);
    return new Passed.Asked(
        connection,
        stream,
        words[0],
        path.replaceFirst("^/+(api2/json/)?", "/"),
        query(question < 0 ? "" : words[1].substring(question + 1)),
        headers,
        body);
  }

  private static Map<String, String> query(String text) {
    Map<String, String> query = new HashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        String name = pair.substring(0, equals);
        String value = URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
        Unacceptable.unless(query.put(name, value) == null, "'%s': duplicate parameter", name);
      }
    }
    return query;
  }
}
