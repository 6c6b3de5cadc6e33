package dev.holdfast.node.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thing that passed between a client and a server, whole. */
public sealed interface Passed {
  /** Before the switch of protocol requests have no number. */
  int NO_STREAM = 0;

  int connection();

  /**
   * A request.
   *
   * @param path without {@code /api2/json}, with one slash in front
   */
  record Asked(
      int connection,
      int stream,
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      Body body)
      implements Passed {
    /** Whether it was made inside a session. */
    boolean inSession() {
      return stream != NO_STREAM;
    }

    String call() {
      return method + " " + path;
    }

    /** The call, and which file it is about: {@code POST /blob index.json.blob}. */
    public String endpoint() {
      String file = query.getOrDefault("archive-name", query.get("file-name"));
      return file == null ? call() : call() + " " + file;
    }

    Asked with(Map<String, String> changedQuery) {
      return new Asked(connection, stream, method, path, changedQuery, headers, body);
    }

    Asked with(Body changedBody) {
      return new Asked(connection, stream, method, path, query, headers, changedBody);
    }
  }

  /** The answer to the request of the same connection and stream. */
  record Answered(int connection, int stream, int status, Body body) implements Passed {}

  /** The client or the server ended the connection. */
  record Ended(int connection) implements Passed {}

  /**
   * @param content null when only its size was recorded
   */
  @SuppressWarnings("ArrayRecordComponent") // a test's value, never changed
  record Body(int bytes, byte @Nullable [] content) {
    private static final JsonMapper JSON = new JsonMapper();

    static Body of(byte[] content) {
      return new Body(content.length, content);
    }

    JsonNode json() {
      if (content == null) {
        throw new Unacceptable("a body that should be JSON has " + bytes + " unrecorded bytes");
      }
      try {
        return JSON.readTree(content);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
