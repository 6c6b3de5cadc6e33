package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.vertx.core.Future;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One request of an upgraded connection, and its answer. Every method may be called from any
 * thread.
 */
public interface WireExchange {
  /**
   * Body bytes kept when they arrive before {@link #body} was called; beyond it the body counts as
   * over-long.
   */
  int EARLY_BODY_BYTES_MAX = 1024 * 1024;

  /** The context name of the error of a body over its limit; see {@link #isOverflow}. */
  String OVERFLOW = "body limit";

  String method();

  /**
   * Relative to the session's root, with a leading slash, double and trailing slashes folded, not
   * percent-decoded.
   */
  String path();

  /** What stands behind the question mark, raw; "" when there is none. */
  String query();

  @Nullable String contentType();

  /**
   * The whole request body, in an array of its own and of its exact length, which may be shorter
   * than announced. To be called once, and within {@link WireHandler#request}.
   *
   * @param announcedBytes what to make room for at once, at most the limit
   * @param limitBytes a longer body fails the future at once (INVALID_INPUT, see {@link
   *     #isOverflow}); its rest is read and dropped, so that the connection's window does not leak.
   *     A reset or a lost connection fails it too (CANCELLED)
   */
  Future<byte[]> body(int announcedBytes, int limitBytes);

  /**
   * Answers, once; the array belongs to the exchange from here on. Without effect when the stream
   * is gone.
   */
  void answer(int status, @Nullable String contentType, byte[] body);

  /**
   * Answers with blocks as the peer takes them, without a content length. A source that fails
   * resets the stream.
   *
   * @param workers where the source is read
   */
  void stream(int status, String contentType, Executor workers, WireSource source);

  /** Whether a failure of {@link #body} says that there were more bytes than the limit. */
  static boolean isOverflow(Throwable failure) {
    return failure instanceof BackupException e && e.context().containsKey(OVERFLOW);
  }
}
