package dev.holdfast.node.api;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Closes connections that keep a listener waiting for the head of a request, so that nobody can
 * hold on to it by saying nothing, or by saying it slowly. What a connection says while it is being
 * answered, or in a session, is theirs to watch. Called on the connection's event loop.
 */
final class IdleConnections implements Handler<HttpConnection> {
  /** From the connection to its first request. */
  static final Duration FIRST_REQUEST_TIME_MAX = Duration.ofSeconds(30);

  /** Longer than real clients keep a connection that they do not use, which is 90 s. */
  static final Duration NEXT_REQUEST_TIME_MAX = Duration.ofMinutes(2);

  /** From then on the connection is a session's. */
  private static final int SWITCHING_PROTOCOLS = 101;

  private final Vertx vertx;
  private final Duration firstMax;
  private final Duration nextMax;

  /** Of those that are waited for. */
  private final Map<HttpConnection, Long> timers = new ConcurrentHashMap<>();

  IdleConnections(Vertx vertx) {
    this(vertx, FIRST_REQUEST_TIME_MAX, NEXT_REQUEST_TIME_MAX);
  }

  IdleConnections(Vertx vertx, Duration firstMax, Duration nextMax) {
    this.vertx = vertx;
    this.firstMax = firstMax;
    this.nextMax = nextMax;
  }

  /** A connection came. */
  @Override
  public void handle(HttpConnection connection) {
    connection.closeHandler(closed -> disarm(connection));
    arm(connection, firstMax);
  }

  /** The head of a request is here. */
  void began(HttpServerRequest request) {
    HttpConnection connection = request.connection();
    disarm(connection);
    // Of the next request nothing is looked at before this one is answered.
    request
        .response()
        .endHandler(
            answered -> {
              if (request.response().getStatusCode() != SWITCHING_PROTOCOLS) {
                arm(connection, nextMax);
              }
            });
  }

  private void arm(HttpConnection connection, Duration max) {
    disarm(connection);
    long timer = vertx.setTimer(max.toMillis(), late -> close(connection));
    timers.put(connection, timer);
  }

  private void disarm(HttpConnection connection) {
    Long timer = timers.remove(connection);
    if (timer != null) {
      vertx.cancelTimer(timer);
    }
  }

  private void close(HttpConnection connection) {
    timers.remove(connection);
    var unused = connection.close();
  }
}
