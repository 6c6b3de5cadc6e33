package dev.holdfast.node.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.api.ApiResult;
import dev.holdfast.node.api.ErrorMapping;
import dev.holdfast.node.api.Formatter;
import dev.holdfast.node.api.ParamInput;
import dev.holdfast.node.api.ParamSchema;
import dev.holdfast.node.api.Params;
import dev.holdfast.node.task.WorkerTask;
import dev.holdfast.replication.wire.WireConnection;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireHandler;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What both sessions have in common: finding the endpoint of a stream, reading its parameters,
 * answering, and the rule that an error answer never ends a session.
 *
 * <p>Calls on session state run one after another in {@link #queue}; chunks are checked, stored and
 * read beside it on {@link #workers}. Nothing of it is done on the event loop but looking at heads.
 */
abstract class SessionProtocol implements WireHandler {
  /** A list of appended digests may come in one body (spec/clients.md §1): some 200,000 entries. */
  static final int PARAMETER_BYTES_MAX = 16 << 20;

  /** An answer of 401 takes this long (spec/protocols.md §2.9). */
  private static final Duration DELAY_401 = Duration.ofSeconds(3);

  /** One call whose parameters were read. */
  interface Call {
    /** Answers by value; blocking. */
    ApiResult handle(Params params);
  }

  /**
   * A call that has a body of its own, or answers in its own way. Called on the event loop: it must
   * not block.
   */
  interface RawCall {
    void handle(Params params, WireExchange exchange);
  }

  private record Endpoint(ParamSchema schema, @Nullable Call call, @Nullable RawCall raw) {}

  final Executor workers;
  final SerialQueue queue;
  final WorkerTask task;
  private final ErrorMapping.Surface surface;
  private final Map<String, Endpoint> endpoints = new HashMap<>();
  private @Nullable WireConnection connection;

  SessionProtocol(Executor workers, WorkerTask task, ErrorMapping.Surface surface) {
    this.workers = workers;
    this.queue = new SerialQueue(workers);
    this.task = task;
    this.surface = surface;
  }

  /** {@code head} is method and path, {@code POST /finish}. */
  final void on(String head, ParamSchema schema, Call call) {
    endpoints.put(head, new Endpoint(schema, call, null));
  }

  final void onRaw(String head, ParamSchema schema, RawCall call) {
    endpoints.put(head, new Endpoint(schema, null, call));
  }

  /** The session ended, whichever way; runs in the queue, after all calls. */
  abstract void ended(@Nullable Throwable cause);

  /** The connection never came to be: gives back what was prepared. */
  final void abandoned(Throwable cause) {
    queue.execute(() -> ended(cause));
  }

  @Override
  public final void opened(WireConnection opened) {
    connection = opened;
    task.onAbort(opened::close);
  }

  @Override
  public final void closed(@Nullable Throwable cause) {
    queue.execute(() -> ended(cause));
  }

  @Override
  public final void request(WireExchange exchange) {
    String head = exchange.method() + " " + exchange.path();
    Endpoint endpoint = endpoints.get(head);
    if (head.equals("GET /")) {
      answer(exchange, index());
    } else if (endpoint == null) {
      fail(exchange, BackupException.notFound("Path '" + exchange.path() + "' not found."));
    } else if (endpoint.raw() != null) {
      raw(exchange, endpoint.schema(), endpoint.raw());
    } else if (endpoint.call() != null) {
      parametersThenCall(exchange, endpoint.schema(), endpoint.call());
    }
  }

  /** What a session offers; probes ask for it to see that it is alive. */
  private ArrayNode index() {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    endpoints.keySet().stream()
        .map(head -> head.substring(head.indexOf('/') + 1))
        .distinct()
        .sorted()
        .forEach(name -> list.addObject().put("subdir", name));
    return list;
  }

  private void raw(WireExchange exchange, ParamSchema schema, RawCall call) {
    try {
      // A query is some hundred bytes: read at once, since the body's size stands in it.
      call.handle(schema.parse(ParamInput.ofQuery(exchange.query())), exchange);
    } catch (BackupException e) {
      fail(exchange, e);
    }
  }

  private void parametersThenCall(WireExchange exchange, ParamSchema schema, Call call) {
    exchange
        .body(0, PARAMETER_BYTES_MAX)
        .onSuccess(
            body ->
                serial(
                    exchange,
                    () ->
                        answer(
                            exchange,
                            call.handle(
                                schema.parse(
                                    ParamInput.of(
                                        exchange.method(),
                                        exchange.contentType(),
                                        exchange.query(),
                                        body.bytes()))))))
        .onFailure(e -> fail(exchange, e));
  }

  /** Runs in the queue; what it throws is answered. */
  final void serial(WireExchange exchange, Runnable work) {
    queue.execute(() -> guarded(exchange, work));
  }

  /** Runs on a worker, beside the queue; what it throws is answered. */
  final void parallel(WireExchange exchange, Runnable work) {
    try {
      workers.execute(() -> guarded(exchange, work));
    } catch (RejectedExecutionException e) {
      fail(
          exchange,
          new BackupException(Kind.INTERNAL, "the node has too much to do, try again later", e));
    }
  }

  private void guarded(WireExchange exchange, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      fail(exchange, e);
    }
  }

  final void answer(WireExchange exchange, ApiResult result) {
    if (result instanceof ApiResult.Data data) {
      Formatter.Answer shaped = Formatter.JSON.success(data);
      exchange.answer(shaped.status(), shaped.contentType(), shaped.body().bytes());
    } else {
      throw new IllegalStateException("a session answers downloads through stream()");
    }
  }

  final void answer(WireExchange exchange, JsonNode data) {
    answer(exchange, ApiResult.of(data));
  }

  /** Answers an error, and goes on. Every one is in the task's log. */
  final void fail(WireExchange exchange, Throwable error) {
    int status = ErrorMapping.status(error, surface);
    String text = ErrorMapping.text(error);
    queue.execute(
        () ->
            task.log(
                exchange.method()
                    + " "
                    + exchange.path()
                    + ": "
                    + status
                    + " "
                    + reason(status)
                    + ": "
                    + text));
    Formatter.Answer shaped = Formatter.JSON.failure(status, error);
    boolean parameters = text.startsWith("parameter verification failed");
    String contentType = parameters ? null : shaped.contentType();
    Runnable send = () -> exchange.answer(shaped.status(), contentType, shaped.body().bytes());
    WireConnection open = connection;
    if (status == 401 && open != null) {
      // The delay holds up this stream alone.
      Context context = open.context();
      context.runOnContext(
          v -> context.owner().setTimer(DELAY_401.toMillis(), timer -> send.run()));
    } else {
      send.run();
    }
  }

  private static String reason(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 501 -> "Not Implemented";
      default -> "Internal Server Error";
    };
  }
}
