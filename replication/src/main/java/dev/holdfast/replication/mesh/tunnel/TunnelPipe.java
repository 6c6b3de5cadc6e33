package dev.holdfast.replication.mesh.tunnel;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Joins two paused sockets both ways with back-pressure; when one ends, so does the other. */
final class TunnelPipe {
  private static final Logger LOG = LoggerFactory.getLogger(TunnelPipe.class);

  private TunnelPipe() {}

  /**
   * Begins to pipe; the result is done when both directions ended.
   *
   * @param aFirst what was read from {@code a} already
   */
  static Future<?> join(NetSocket a, Buffer aFirst, NetSocket b, Buffer bFirst) {
    Future<?> both =
        Future.join(pipe(a, aFirst, b), pipe(b, bFirst, a))
            .onFailure(cause -> LOG.debug("a tunnel broke off: {}", cause.toString()));
    both.onComplete(
        done -> {
          close(a);
          close(b);
        });
    return both;
  }

  private static Future<Void> pipe(NetSocket from, Buffer first, NetSocket to) {
    if (first.length() > 0) {
      to.write(first).onFailure(cause -> close(to));
    }
    // Ends the target whichever way the source ended: these streams have no half-open state.
    return from.pipe().endOnComplete(true).to(to);
  }

  static void close(NetSocket socket) {
    socket.close().onFailure(cause -> LOG.debug("closing a socket: {}", cause.toString()));
  }
}
