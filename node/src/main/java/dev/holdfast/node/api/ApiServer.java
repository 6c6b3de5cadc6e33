package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves requests: normalises the path, gathers the body, and hands the rest to a virtual thread,
 * where credentials are checked and handlers may block. Delays of refusals are timers. An instance
 * serves all connections of a node.
 */
public final class ApiServer implements AutoCloseable {
  /** Longer than that is 414 with an empty body (spec/protocols.md §9). */
  static final int URI_LENGTH_MAX = 3072;

  /**
   * Calls that are worked on at once; more wait. Enough for every client at hand, and a bound for
   * memory.
   */
  static final int CALLS_AT_ONCE_MAX = 128;

  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  private final Vertx vertx;
  private final ApiRouter router;
  private final Authentication authentication;
  private final Map<String, Upgrade> upgrades = new HashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore calls = new Semaphore(CALLS_AT_ONCE_MAX);

  public ApiServer(Vertx vertx, ApiRouter router, Authentication authentication) {
    this.vertx = vertx;
    this.router = router;
    this.authentication = authentication;
  }

  /** Before serving: {@code path} is what follows {@code /api2/json}, as {@code /backup}. */
  public ApiServer upgrade(String path, Upgrade upgrade) {
    upgrades.put(path, upgrade);
    return this;
  }

  /** The request handler of the HTTP server; called on an event loop. */
  public void handle(HttpServerRequest request) {
    if (request.uri().length() > URI_LENGTH_MAX) {
      request.response().setStatusCode(414).end();
      return;
    }
    try {
      route(request);
    } catch (BackupException e) {
      answerError(request, Formatter.JSON, e);
    }
  }

  private void route(HttpServerRequest request) {
    List<String> parts = decodedComponents(request.path() == null ? "" : request.path());
    if (parts.isEmpty() || !parts.getFirst().equals("api2")) {
      outsideApi(request, parts);
      return;
    }
    if (parts.size() == 1) {
      throw BackupException.notFound("invalid api path '/api2'");
    }
    Formatter formatter = Formatter.named(parts.get(1));
    if (formatter == null) {
      throw BackupException.invalid("Unsupported output format '" + parts.get(1) + "'.");
    }
    List<String> below = parts.subList(2, parts.size());
    String path = "/" + String.join("/", below);
    Upgrade upgrade = request.method().name().equals("GET") ? upgrades.get(path) : null;
    if (upgrade != null) {
      upgrade(request, formatter, upgrade);
    } else {
      call(request, formatter, router.find(request.method().name(), below), path);
    }
  }

  private static void outsideApi(HttpServerRequest request, List<String> parts) {
    if (!request.method().name().equals("GET")) {
      throw BackupException.invalid("invalid http method for path");
    }
    if (!parts.isEmpty()) {
      throw BackupException.notFound("no such file: '/" + String.join("/", parts) + "'");
    }
    request
        .response()
        .putHeader("content-type", "text/plain;charset=UTF-8")
        .end("Holdfast. The API is under /api2/json; the web interface is not built yet.\n");
  }

  private static List<String> decodedComponents(String path) {
    List<String> decoded = new ArrayList<>();
    for (String part : ApiRouter.components(path)) {
      // A plus is itself in a path; only the percent sign escapes there.
      String text = URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
      if (text.startsWith(".")) {
        throw BackupException.invalid("path contains illegal components");
      }
      decoded.add(text);
    }
    return decoded;
  }

  private void call(
      HttpServerRequest request,
      Formatter formatter,
      ApiRouter.@Nullable Match match,
      String path) {
    int limit =
        match != null && match.endpoint().streamed()
            ? match.endpoint().bodyBytesMax()
            : ParamReader.BODY_BYTES_MAX;
    body(request, limit)
        .onSuccess(
            body -> work(request, formatter, () -> perform(request, formatter, match, path, body)))
        .onFailure(e -> answerError(request, formatter, asKnown(e)));
  }

  /**
   * Gathers the body; what is over the limit is read and dropped, so that the connection stays
   * usable.
   */
  private static Future<byte[]> body(HttpServerRequest request, int limit) {
    Promise<byte[]> done = Promise.promise();
    Buffer gathered = Buffer.buffer();
    boolean[] over = new boolean[1];
    request.handler(
        part -> {
          over[0] |= gathered.length() + part.length() > limit;
          if (!over[0]) {
            gathered.appendBuffer(part);
          }
        });
    request.endHandler(
        end -> {
          if (over[0]) {
            done.fail(BackupException.invalid("Request body too large"));
          } else {
            done.complete(gathered.getBytes());
          }
        });
    request.exceptionHandler(done::tryFail);
    return done.future();
  }

  private ApiAnswer perform(
      HttpServerRequest request,
      Formatter formatter,
      ApiRouter.@Nullable Match match,
      String path,
      byte[] body) {
    Endpoint endpoint = match == null ? null : match.endpoint();
    AuthId caller = endpoint != null && endpoint.world() ? null : authenticate(request);
    if (match == null || endpoint == null) {
      throw BackupException.notFound(
          "Path '/api2/"
              + (formatter == Formatter.JSON ? "json" : "extjs")
              + path
              + "' not found.");
    }
    String query = request.query() == null ? "" : request.query();
    Params params =
        endpoint.streamed()
            ? ParamReader.readStreaming(endpoint.schema(), match.path(), query)
            : ParamReader.read(
                endpoint.schema(), match.path(), query, request.getHeader("content-type"), body);
    if (caller != null) {
      endpoint.access().check(caller, params);
    }
    return endpoint
        .handler()
        .handle(
            new ApiCall(
                caller, params, endpoint.streamed() ? body : new byte[0], remoteAddress(request)));
  }

  private AuthId authenticate(HttpServerRequest request) {
    return authentication.authenticate(
        request.method().name(), request.headers()::get, remoteAddress(request));
  }

  private void upgrade(HttpServerRequest request, Formatter formatter, Upgrade upgrade) {
    // Nothing may be read meanwhile: what follows the head belongs to the next protocol.
    request.pause();
    Context context = vertx.getOrCreateContext();
    String protocol = request.getHeader("upgrade");
    threads.execute(
        () -> {
          try {
            AuthId caller = authenticate(request);
            Params params =
                ParamReader.readStreaming(
                    upgrade.schema(), Map.of(), request.query() == null ? "" : request.query());
            Consumer<HttpServerRequest> swap =
                upgrade.prepare(
                    new ApiCall(caller, params, new byte[0], remoteAddress(request)), protocol);
            context.runOnContext(ignored -> swap.accept(request));
          } catch (RuntimeException e) {
            context.runOnContext(
                ignored -> {
                  request.resume();
                  answerError(request, formatter, asKnown(e));
                });
          }
        });
  }

  private interface Work {
    ApiAnswer run();
  }

  private void work(HttpServerRequest request, Formatter formatter, Work work) {
    Context context = vertx.getOrCreateContext();
    threads.execute(
        () -> {
          calls.acquireUninterruptibly();
          try {
            ApiAnswer answer = work.run();
            context.runOnContext(ignored -> answer(request, formatter, answer));
          } catch (RuntimeException e) {
            BackupException known = asKnown(e);
            context.runOnContext(ignored -> answerError(request, formatter, known));
          } finally {
            calls.release();
          }
        });
  }

  private static void answer(HttpServerRequest request, Formatter formatter, ApiAnswer answer) {
    HttpServerResponse response = request.response();
    switch (answer) {
      case ApiAnswer.Data data -> send(response, formatter.success(data));
      case ApiAnswer.File file ->
          response
              .putHeader("content-type", Formatter.OCTETS)
              .sendFile(file.path().toString())
              .onFailure(e -> LOG.warn("cannot send {}: {}", file.path(), e.toString()));
    }
  }

  private void answerError(HttpServerRequest request, Formatter formatter, BackupException error) {
    Runnable send =
        () -> {
          boolean outsideFormatter = error.kind() == Kind.UNAUTHENTICATED;
          send(request.response(), (outsideFormatter ? Formatter.JSON : formatter).error(error));
        };
    long delay = ErrorMapping.delay(error).toMillis();
    if (delay == 0) {
      send.run();
    } else {
      vertx.setTimer(delay, timer -> send.run());
    }
  }

  private static void send(HttpServerResponse response, Formatter.Shaped shaped) {
    if (response.closed()) {
      return;
    }
    response
        .setStatusCode(shaped.status())
        .putHeader("content-type", Formatter.CONTENT_TYPE)
        .end(Buffer.buffer(shaped.body()));
  }

  private static String remoteAddress(HttpServerRequest request) {
    return request.remoteAddress() == null ? "unknown" : request.remoteAddress().hostAddress();
  }

  /**
   * What nobody expected is logged here, once, with its trace; the client learns only that it
   * happened.
   */
  private static BackupException asKnown(Throwable error) {
    if (error instanceof BackupException known) {
      return known;
    }
    LOG.error("a call failed in a way that nobody expected", error);
    return new BackupException(Kind.INTERNAL, "internal error: " + error, error);
  }

  /** Waits for the calls that are being worked on. */
  @Override
  public void close() {
    threads.shutdown();
  }
}
