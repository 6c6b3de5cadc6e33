package dev.holdfast.node.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** What an endpoint answers. */
public sealed interface ApiResult {
  String JSON_TYPE = "application/json;charset=UTF-8";
  String BINARY_TYPE = "application/octet-stream";

  /**
   * A value.
   *
   * @param attributes further top-level members beside {@code data}
   * @param contentType empty = none is sent
   * @param cookie whole {@code Set-Cookie}, empty = none
   */
  record Data(JsonNode data, Map<String, JsonNode> attributes, String contentType, String cookie)
      implements ApiResult {
    public Data {
      attributes = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    public Data with(String name, JsonNode value) {
      Map<String, JsonNode> more = new LinkedHashMap<>(attributes);
      more.put(name, value);
      return new Data(data, more, contentType, cookie);
    }

    public Data with(String name, String value) {
      return with(name, TextNode.valueOf(value));
    }

    public Data as(String type) {
      return new Data(data, attributes, type, cookie);
    }

    public Data settingCookie(String text) {
      return new Data(data, attributes, contentType, text);
    }
  }

  /**
   * Bytes, sent as they are.
   *
   * @param length what the stream will give
   */
  record Download(String contentType, long length, Source source) implements ApiResult {}

  /** Bytes of a number that is not known before. */
  record Stream(String contentType, Writer writer) implements ApiResult {}

  /** Called once, on a thread that may block; the stream stays open. */
  @FunctionalInterface
  interface Writer {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Opened once, read on a thread that may block, closed by the server. */
  @FunctionalInterface
  interface Source {
    InputStream open() throws IOException;
  }

  static Data of(JsonNode data) {
    return new Data(data, Map.of(), JSON_TYPE, "");
  }

  static Data of(String text) {
    return of(TextNode.valueOf(text));
  }

  static Data of(boolean value) {
    return of(BooleanNode.valueOf(value));
  }

  /** For calls without a result: {@code data} is there, and null. */
  static Data none() {
    return of(NullNode.getInstance());
  }
}
