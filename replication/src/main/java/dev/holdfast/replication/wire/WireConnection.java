package dev.holdfast.replication.wire;

import io.vertx.core.Context;

/** An upgraded connection as its session sees it. Every method may be called from any thread. */
public interface WireConnection {
  /** Says goodbye (GOAWAY) and closes; the handler's {@code closed} follows, without a cause. */
  void close();

  /** The peer's address without port, as it stands in task logs. */
  String remoteAddress();

  /** The event-loop context that all of the session's callbacks run on. */
  Context context();
}
