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
   * Body bytes that every request may bring without further ado: what a stream's window lets
   * through before {@link #body} was called and {@link BodyMemory} had room for more. Without a
   * call a longer body counts as over-long. With 16 streams these are 2 MiB for a session, and the
   * rest of a chunk of 4 MiB begins its way one round trip later.
   */
  int EARLY_BODY_BYTES_MAX = 128 * 1024;

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
   * The whole request body, which may be shorter than announced. To be called once, and within
   * {@link WireHandler#request}.
   *
   * @param announcedBytes what to make room for, at most the limit; 0 = not known, which makes room
   *     for the limit when more than {@link #EARLY_BODY_BYTES_MAX} come. While there is no room the
   *     stream is not read. It is given back with the answer, and the body cannot be read any more
   * @param limitBytes a longer body fails the future at once (INVALID_INPUT, see {@link
   *     #isOverflow}); its rest is read and dropped, so that the connection's window does not leak.
   *     A reset or a lost connection fails it too (CANCELLED)
   */
  Future<WireBody> body(int announcedBytes, int limitBytes);

  /** As {@link #body}, but what comes is counted and dropped. */
  Future<Void> drain(int limitBytes);

  /**
   * Answers, once; the array belongs to the exchange from here on. Without effect when the stream
   * is gone.
   */
  void answer(int status, @Nullable String contentType, byte[] body);

  /**
   * Waits until the session may have one more streamed answer under way, so that a client that asks
   * for much and takes little fills no memory. To be asked for before the source is opened, at most
   * once, and not beside a body; given back with the end of the answer, whichever it is.
   *
   * @return fails when the stream is gone (CANCELLED)
   */
  Future<Void> room();

  /**
   * Answers with blocks as the peer takes them, A source that fails, or has fewer bytes than it
   * said, resets the stream.
   *
   * @param workers where the source is read
   */
  void stream(int status, String contentType, Executor workers, WireSource source);

  /** Whether a failure of {@link #body} says that there were more bytes than the limit. */
  static boolean isOverflow(Throwable failure) {
    return failure instanceof BackupException e && e.context().containsKey(OVERFLOW);
  }
}
