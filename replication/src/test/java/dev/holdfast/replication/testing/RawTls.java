package dev.holdfast.replication.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A peer without any HTTP library: bytes over TLS, so that a test decides what stands in which
 * record. Frames are written by hand (RFC 9113 §4.1).
 */
public final class RawTls implements AutoCloseable {
  public static final int DATA = 0;
  public static final int HEADERS = 1;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int WINDOW_UPDATE = 8;

  public static final int END_STREAM = 1;
  public static final int ACK = 1;
  public static final int END_HEADERS = 4;

  private static final int TIMEOUT_MILLIS = 20_000;

  /** One frame as it was read. */
  @SuppressWarnings("ArrayRecordComponent") // a test's value, read once
  public record Frame(int type, int flags, int stream, byte[] payload) {}

  private final Socket socket;
  private final Socket transport;
  private final DataInputStream in;
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

  public RawTls(Socket socket) throws IOException {
    this(socket, socket);
  }

  private RawTls(Socket socket, Socket transport) throws IOException {
    this.socket = socket;
    this.transport = transport;
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new DataInputStream(socket.getInputStream());
  }

  /** Connects, trusting anyone. */
  public static RawTls connect(int port) throws IOException {
    Socket transport = new Socket(InetAddress.getLoopbackAddress(), port);
    SSLSocket socket =
        (SSLSocket)
            trustingAll().getSocketFactory().createSocket(transport, "127.0.0.1", port, true);
    socket.startHandshake();
    return new RawTls(socket, transport);
  }

  /** For other clients of a test. */
  public static SSLContext trustingAll() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new TrustAll()}, new SecureRandom());
      return context;
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  public RawTls text(String text) {
    pending.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  /** The client's preface with empty SETTINGS. */
  public RawTls preface() {
    return text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").frame(SETTINGS, 0, 0, new byte[0]);
  }

  public RawTls frame(int type, int flags, int stream, byte[] payload) {
    ByteBuffer head = ByteBuffer.allocate(9);
    head.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    head.put((byte) type).put((byte) flags).putInt(stream);
    pending.writeBytes(head.array());
    pending.writeBytes(payload);
    return this;
  }

  /** All of a body, in frames of at most so many bytes, the last of which ends the stream. */
  public RawTls data(int stream, byte[] body, int frameBytes) {
    for (int at = 0; at < body.length; at += frameBytes) {
      int end = Math.min(body.length, at + frameBytes);
      frame(DATA, end == body.length ? END_STREAM : 0, stream, Arrays.copyOfRange(body, at, end));
    }
    return this;
  }

  /** A request's head; a stranger's authority, as nobody looks at it. */
  public RawTls request(int stream, String method, String path, boolean endStream) {
    Http2Headers fields =
        new DefaultHttp2Headers()
            .method(method)
            .scheme("https")
            .authority("some.where:1")
            .path(path);
    return request(stream, fields, endStream);
  }

  /** A request's head with exactly these fields. */
  public RawTls request(int stream, Http2Headers fields, boolean endStream) {
    ByteBuf block = Unpooled.buffer();
    try {
      new DefaultHttp2HeadersEncoder().encodeHeaders(stream, fields, block);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
    return frame(
        HEADERS, END_HEADERS | (endStream ? END_STREAM : 0), stream, ByteBufUtil.getBytes(block));
  }

  /** Sends what was put together since the last time, as one record if it fits one. */
  public RawTls send() throws IOException {
    socket.getOutputStream().write(pending.toByteArray());
    socket.getOutputStream().flush();
    pending.reset();
    return this;
  }

  /** Reads up to and including the blank line. */
  public String readHead() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      head.append((char) in.readUnsignedByte());
    }
    return head.toString();
  }

  public String readText(int length) throws IOException {
    return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  public Frame readFrame() throws IOException {
    int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    return new Frame(type, flags, stream, in.readNBytes(length));
  }

  /** The next frame of a type, dropping others. */
  public Frame await(int type, int stream) throws IOException {
    while (true) {
      Frame frame = readFrame();
      if (frame.type() == type && frame.stream() == stream) {
        return frame;
      }
    }
  }

  /** Reads until the other side ends the connection. */
  public void awaitEnd() throws IOException {
    var unused = in.transferTo(OutputStream.nullOutputStream());
  }

  /** Ends the connection by a reset, without a word in TLS: as when a machine dies. */
  public void cut() throws IOException {
    transport.setSoLinger(true, 0);
    transport.close();
  }

  public Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Extended, or the JDK would look at names itself. */
  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
