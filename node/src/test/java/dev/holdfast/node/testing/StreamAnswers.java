package dev.holdfast.node.testing;

import dev.holdfast.replication.testing.RawTls;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Puts the frames that arrive on one connection together to the answers of its streams. */
public final class StreamAnswers {
  private final RawTls tls;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
  private final Map<Integer, Map<String, String>> heads = new HashMap<>();
  private final Map<Integer, ByteArrayOutputStream> bodies = new HashMap<>();
  private final Map<Integer, Answer> complete = new HashMap<>();
  private final Map<Integer, Long> settings = new TreeMap<>();
  private boolean settingsCame;

  /** One whole answer. */
  @SuppressWarnings("ArrayRecordComponent") // a test's value, read once
  public record Answer(Map<String, String> headers, byte[] body) {
    public String status() {
      return headers.getOrDefault(":status", "none");
    }

    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  public StreamAnswers(RawTls tls) {
    this.tls = tls;
  }

  /** Reads until the other side's first SETTINGS have come; values by their numbers. */
  public Map<Integer, Long> awaitSettings() throws IOException {
    while (!settingsCame) {
      read();
    }
    return settings;
  }

  /** Reads until the stream's answer is there. */
  public Answer await(int stream) throws IOException {
    while (!complete.containsKey(stream)) {
      read();
    }
    return complete.get(stream);
  }

  private void read() throws IOException {
    RawTls.Frame frame = tls.readFrame();
    int stream = frame.stream();
    switch (frame.type()) {
      case RawTls.SETTINGS -> settings(frame);
      case RawTls.HEADERS -> heads.put(stream, fields(frame));
      case RawTls.DATA ->
          bodies
              .computeIfAbsent(stream, s -> new ByteArrayOutputStream())
              .writeBytes(frame.payload());
      case RawTls.RST_STREAM -> throw new AssertionError("stream " + stream + " was reset");
      case RawTls.GOAWAY -> throw new AssertionError("the other side ended the connection");
      default -> {
        // windows and pings
      }
    }
    boolean end = (frame.flags() & RawTls.END_STREAM) != 0;
    if (end && (frame.type() == RawTls.HEADERS || frame.type() == RawTls.DATA)) {
      ByteArrayOutputStream body = bodies.getOrDefault(stream, new ByteArrayOutputStream());
      complete.put(stream, new Answer(heads.getOrDefault(stream, Map.of()), body.toByteArray()));
    }
  }

  private void settings(RawTls.Frame frame) {
    ByteBuffer values = ByteBuffer.wrap(frame.payload());
    while (values.hasRemaining()) {
      settings.put((int) values.getShort(), Integer.toUnsignedLong(values.getInt()));
    }
    settingsCame |= (frame.flags() & RawTls.ACK) == 0;
  }

  private Map<String, String> fields(RawTls.Frame frame) {
    if ((frame.flags() & RawTls.END_HEADERS) == 0) {
      throw new AssertionError("a head of several frames");
    }
    try {
      Http2Headers headers =
          decoder.decodeHeaders(frame.stream(), Unpooled.wrappedBuffer(frame.payload()));
      Map<String, String> fields = new HashMap<>();
      headers.forEach(field -> fields.put(field.getKey().toString(), field.getValue().toString()));
      return fields;
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
  }
}
