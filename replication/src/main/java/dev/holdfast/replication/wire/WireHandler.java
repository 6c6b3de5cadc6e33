package dev.holdfast.replication.wire;

import org.jspecify.annotations.Nullable;

/**
 * The server's side of one upgraded connection: a session. All methods are called on the
 * connection's event loop, one after another, and must not block it.
 */
public interface WireHandler {
  /** The 101 is out and HTTP/2 is up; called before any request. */
  void opened(WireConnection connection);

  /**
   * A request's head has arrived. The handler asks for the body (or answers) before it returns; the
   * answer may come later, from any thread.
   */
  void request(WireExchange exchange);

  /**
   * The connection is gone, called once and last.
   *
   * @param cause null when the peer closed it in order (end of stream, GOAWAY) or we did; else what
   *     broke it: a reset, a protocol error, silence
   */
  void closed(@Nullable Throwable cause);
}
