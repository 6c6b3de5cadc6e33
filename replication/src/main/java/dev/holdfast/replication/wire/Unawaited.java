package dev.holdfast.replication.wire;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where writes and closes go whose outcome nobody waits for: a connection that fails them is about
 * to say so by itself, to whoever owns it.
 */
final class Unawaited {
  private static final Logger LOG = LoggerFactory.getLogger(Unawaited.class);

  private Unawaited() {}

  static void netty(io.netty.util.concurrent.Future<?> future) {
    var unused =
        future.addListener(
            done -> {
              if (!done.isSuccess() && LOG.isDebugEnabled()) {
                LOG.debug("not sent", done.cause());
              }
            });
  }

  static void vertx(io.vertx.core.Future<?> future) {
    var unused = future.onFailure(failure -> LOG.debug("not closed", failure));
  }
}
