package dev.holdfast.replication.mesh.tunnel;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the few fixed pieces with which a tunnel begins. The socket flows only while a piece is
 * waited for, so the other side cannot make this hold more than one read above it. Used on the
 * event loop of the socket alone.
 */
final class SocketReader {
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final NetSocket socket;
  private Buffer held = Buffer.buffer();
  private @Nullable Waiting waiting;

  /** A piece that is not complete yet: of so many bytes, or up to the end of an HTTP head. */
  private record Waiting(Promise<Buffer> promise, boolean head, int bytes) {}

  SocketReader(NetSocket socket) {
    this.socket = socket;
    socket.pause();
    socket.handler(this::received);
    socket.exceptionHandler(this::fail);
    socket.closeHandler(
        closed ->
            fail(new BackupException(Kind.PEER_UNREACHABLE, "the other side closed the tunnel")));
  }

  /** The next so many bytes. */
  Future<Buffer> exactly(int bytes) {
    return await(new Waiting(Promise.promise(), false, bytes));
  }

  /** An HTTP head, with the empty line that ends it. */
  Future<Buffer> head(int bytesMax) {
    return await(new Waiting(Promise.promise(), true, bytesMax));
  }

  /** Ends the reading; the socket is paused, and what was read too far is returned. */
  Buffer release() {
    socket.pause();
    socket.handler(null);
    Buffer rest = held;
    held = Buffer.buffer();
    return rest;
  }

  private Future<Buffer> await(Waiting next) {
    waiting = next;
    look();
    return next.promise().future();
  }

  private void received(Buffer data) {
    held.appendBuffer(data);
    look();
  }

  private void look() {
    Waiting current = waiting;
    if (current == null) {
      return;
    }
    int end = current.head() ? headEnd() : current.bytes();
    if (end >= 0 && end <= held.length()) {
      Buffer piece = held.getBuffer(0, end);
      held = held.getBuffer(end, held.length());
      waiting = null;
      socket.pause();
      current.promise().complete(piece);
    } else if (current.head() && held.length() > current.bytes()) {
      fail(BackupException.invalid("HTTP head longer than " + current.bytes() + " bytes"));
    } else {
      socket.resume();
    }
  }

  /** Where the head ends, or -1. */
  private int headEnd() {
    byte[] bytes = held.getBytes();
    for (int i = 0; i + HEAD_END.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + HEAD_END.length, HEAD_END, 0, HEAD_END.length)) {
        return i + HEAD_END.length;
      }
    }
    return -1;
  }

  private void fail(Throwable cause) {
    Waiting current = waiting;
    waiting = null;
    if (current != null) {
      current.promise().tryFail(cause);
    }
  }
}
