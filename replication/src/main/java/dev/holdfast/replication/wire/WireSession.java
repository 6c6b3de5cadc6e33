package dev.holdfast.replication.wire;

import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of an upgraded connection. Every method may be called from any thread; futures
 * complete on the connection's event loop.
 */
public interface WireSession {
  /** Fits a chunk of 16 MiB in its encoded form, and a stored blob. */
  int ANSWER_BYTES_MAX = 16 * 1024 * 1024 + 44;

  /**
   * One request. More requests than the server allows at a time wait here, in order.
   *
   * @param pathAndQuery relative to the session's root, beginning with a slash
   * @param body not copied: leave it alone until the future completes
   * @param answerBytesMax a longer answer fails the future (CORRUPT_DATA)
   * @return the answer, whatever its status; fails with PEER_UNREACHABLE when the connection is
   *     lost, with CANCELLED after {@link #close}
   */
  Future<WireResponse> request(
      String method,
      String pathAndQuery,
      @Nullable String contentType,
      byte[] body,
      int offset,
      int length,
      int answerBytesMax);

  default Future<WireResponse> request(
      String method,
      String pathAndQuery,
      @Nullable String contentType,
      byte[] body,
      int offset,
      int length) {
    return request(method, pathAndQuery, contentType, body, offset, length, ANSWER_BYTES_MAX);
  }

  /**
   * A request without a body, with the form content type that real clients send (spec/protocols.md
   * §1.3).
   */
  default Future<WireResponse> request(String method, String pathAndQuery, int answerBytesMax) {
    return request(
        method,
        pathAndQuery,
        "application/x-www-form-urlencoded",
        new byte[0],
        0,
        0,
        answerBytesMax);
  }

  /** Closes the connection; pending requests fail. */
  void close();

  /**
   * Completes when the connection is gone: empty after an orderly end, else failed with what broke
   * it.
   */
  Future<Void> closed();
}
