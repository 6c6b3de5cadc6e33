package dev.holdfast.node.testing;

import dev.holdfast.replication.testing.RawTls;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The client's end of an upgraded session, over bare TLS: a test decides how it begins, which
 * frames carry it and how it ends.
 */
public final class RawSession implements AutoCloseable {
  public static final String BACKUP = "proxmox-backup-protocol-v1";
  public static final String READER = "proxmox-backup-reader-protocol-v1";

  private static final int FRAME_BYTES = 16 << 10;
  private static final short INITIAL_WINDOW_SIZE = 4;
  private static final int WINDOW_BYTES = 1 << 30;

  private final RawTls tls;
  private final StreamAnswers answers;
  private int nextStream = 1;

  private RawSession(RawTls tls) {
    this.tls = tls;
    this.answers = new StreamAnswers(tls);
  }

  /** The request for an upgrade as clients make it. */
  public static PlainRequest upgrade(String target, String protocol, String authorization) {
    return new PlainRequest("GET " + target)
        .header("Upgrade", protocol)
        .header("Connection", "upgrade")
        .header("Authorization", authorization);
  }

  /** On a connection that got its 101. */
  public static RawSession on(RawTls tls) throws IOException {
    RawSession session = new RawSession(tls);
    byte[] settings =
        ByteBuffer.allocate(6).putShort(INITIAL_WINDOW_SIZE).putInt(WINDOW_BYTES).array();
    byte[] window = ByteBuffer.allocate(4).putInt(WINDOW_BYTES).array();
    tls.text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .frame(RawTls.SETTINGS, 0, 0, settings)
        .frame(RawTls.WINDOW_UPDATE, 0, 0, window)
        .send();
    // The node's windows count from when it knows that we know of them.
    session.settings();
    tls.frame(RawTls.SETTINGS, RawTls.ACK, 0, new byte[0]).send();
    return session;
  }

  /** With a connection of its own; fails when the upgrade is refused. */
  public static RawSession open(int port, String target, String protocol, String authorization)
      throws IOException {
    RawTls tls = RawTls.connect(port);
    PlainRequest.Answer answer = upgrade(target, protocol, authorization).on(tls);
    if (answer.status() != 101) {
      tls.close();
      throw new AssertionError("no upgrade: " + answer);
    }
    return on(tls);
  }

  /** What the node announces, by the numbers of RFC 9113 §6.5.2. */
  public Map<Integer, Long> settings() throws IOException {
    return answers.awaitSettings();
  }

  /**
   * @param head method, path and query, {@code POST /finish}
   */
  public StreamAnswers.Answer call(String head) throws IOException {
    return call(head, null, new byte[0]);
  }

  public StreamAnswers.Answer call(String head, @Nullable String contentType, byte[] body)
      throws IOException {
    return await(send(head, contentType, body));
  }

  /** Does not wait for the answer; returns the stream. */
  public int send(String head, @Nullable String contentType, byte[] body) throws IOException {
    return send(head, contentType, body, FRAME_BYTES);
  }

  /** As {@link #send}, in frames of at most so many bytes. */
  public int send(String head, @Nullable String contentType, byte[] body, int frameBytes)
      throws IOException {
    String[] words = head.split(" ", 2);
    Http2Headers fields =
        new DefaultHttp2Headers()
            .method(words[0])
            .scheme("https")
            .authority("localhost:8007")
            .path(words[1]);
    if (contentType != null) {
      fields.add("content-type", contentType);
    }
    int stream = nextStream;
    nextStream += 2;
    tls.request(stream, fields, body.length == 0);
    answers.send(stream, body, frameBytes);
    return stream;
  }

  public StreamAnswers.Answer await(int stream) throws IOException {
    return answers.await(stream);
  }

  public RawTls tls() {
    return tls;
  }

  /** As when the client's machine dies: a reset. */
  public void cut() throws IOException {
    tls.cut();
  }

  /** As clients end: with a word in TLS, and none in HTTP/2. */
  @Override
  public void close() throws IOException {
    tls.close();
  }
}
