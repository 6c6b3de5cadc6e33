package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;

/** Reads or drops a paused request's body, on its event loop. */
final class RequestBody {
  /**
   * What is refused is still read, so that the client gets to see the answer and may use the
   * connection again; a body beyond this costs it the connection.
   */
  private static final int DROPPED_BYTES_MAX = 32 * 1024 * 1024;

  /** Of a body as a whole; the largest takes that long at 1 Mbit/s. */
  static final Duration BODY_TIME_MAX = Duration.ofMinutes(3);

  private RequestBody() {}

  static boolean isNone(HttpServerRequest request) {
    return declared(request) == 0;
  }

  /** 0 = no body, -1 = of unknown length. */
  private static long declared(HttpServerRequest request) {
    if (request.getHeader("transfer-encoding") != null) {
      return -1;
    }
    String length = request.getHeader("content-length");
    if (length == null) {
      return 0;
    }
    try {
      return Long.parseLong(length);
    } catch (NumberFormatException e) {
      return -1; // the HTTP layer refuses it in a moment
    }
  }

  /**
   * The whole body; fails with INVALID_INPUT when it is longer than the limit or not there in time.
   */
  static Future<ParamInput.Body> read(Vertx vertx, HttpServerRequest request, int bytesMax) {
    Promise<ParamInput.Body> promise = Promise.promise();
    long timer =
        vertx.setTimer(
            BODY_TIME_MAX.toMillis(),
            late -> {
              request.response().putHeader("connection", "close");
              promise.tryFail(BackupException.invalid("Request body came too slowly"));
            });
    Reader reader = new Reader(request, bytesMax, promise);
    request
        .handler(reader::part)
        .endHandler(end -> reader.end())
        .exceptionHandler(promise::tryFail);
    request.resume();
    return promise.future().onComplete(read -> vertx.cancelTimer(timer));
  }

  private static final class Reader {
    private final HttpServerRequest request;
    private final int bytesMax;
    private final Promise<ParamInput.Body> promise;
    private final Buffer body = Buffer.buffer();
    private long bytes;

    Reader(HttpServerRequest request, int bytesMax, Promise<ParamInput.Body> promise) {
      this.request = request;
      this.bytesMax = bytesMax;
      this.promise = promise;
    }

    void part(Buffer part) {
      bytes += part.length();
      if (bytes <= bytesMax) {
        body.appendBuffer(part);
      } else if (bytes > DROPPED_BYTES_MAX) {
        request.response().putHeader("connection", "close");
        promise.tryFail(tooLarge());
      }
    }

    void end() {
      if (bytes > bytesMax) {
        promise.tryFail(tooLarge());
      } else {
        promise.tryComplete(new ParamInput.Body(body.getBytes()));
      }
    }

    private static BackupException tooLarge() {
      return BackupException.invalid("Request body too large");
    }
  }

  /** Before an answer that did not need the body. */
  static void discardRest(HttpServerRequest request) {
    if (request.isEnded()) {
      return;
    }
    long declared = declared(request);
    if (declared < 0 || declared > DROPPED_BYTES_MAX) {
      request.response().putHeader("connection", "close");
    }
    request.handler(part -> {}).resume();
  }
}
