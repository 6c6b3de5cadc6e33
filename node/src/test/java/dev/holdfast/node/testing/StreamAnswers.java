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
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Puts the frames that arrive on one connection together to the answers of its streams. */
public final class StreamAnswers {
  // RFC 9113 §6.5.2.
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final long INITIAL_WINDOW_BYTES = 65_535;

  private final RawTls tls;
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder();
  private final Map<Integer, Map<String, String>> heads = new HashMap<>();
  private final Map<Integer, ByteArrayOutputStream> bodies = new HashMap<>();
  private final Map<Integer, Answer> complete = new HashMap<>();
  private final Map<Integer, Long> settings = new TreeMap<>();
  private final Map<Integer, Integer> opened = new HashMap<>();
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

  /**
   * Sends the body of a stream, as far as its window lets it; reads until that opens for the rest,
   * or the answer is there.
   */
  public void send(int stream, byte[] body, int frameBytes) throws IOException {
    int at = 0;
    while (at < body.length && !complete.containsKey(stream)) {
      long window = settings.getOrDefault(INITIAL_WINDOW_SIZE, INITIAL_WINDOW_BYTES);
      long room = window + opened.getOrDefault(stream, 0) - at;
      if (room <= 0) {
        tls.send();
        read();
        continue;
      }
      int end = (int) Math.min(body.length, at + Math.min(frameBytes, room));
      int flags = end == body.length ? RawTls.END_STREAM : 0;
      tls.frame(RawTls.DATA, flags, stream, Arrays.copyOfRange(body, at, end));
      at = end;
    }
    tls.send();
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
      case RawTls.WINDOW_UPDATE ->
          opened.merge(stream, ByteBuffer.wrap(frame.payload()).getInt(), Integer::sum);
      case RawTls.RST_STREAM -> throw new AssertionError("stream " + stream + " was reset");
      case RawTls.GOAWAY -> throw new AssertionError("the other side ended the connection");
      default -> {
        // pings
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
