package dev.holdfast.node.api;

import dev.holdfast.chunkstore.datastore.Leases;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AuthLog;
import dev.holdfast.node.access.Authenticator.Credentials;
import dev.holdfast.node.access.FailedLogins;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request from its head to its answer, in the order that real servers have (spec/protocols.md
 * §2.9, §3): path, credentials, route, declared permission, body, parameters, handler. The body is
 * not read before the caller is known.
 *
 * <p>Every request has exactly one answer. Refusals are held back by timers: 401 until 3 s after
 * the request came, declared 403 until 0.5 s after.
 */
final class ApiExchange {
  /** Path and query; longer ones are 414 with an empty body. */
  static final int TARGET_LENGTH_MAX = 3072;

  /** Form and JSON bodies (spec/protocols.md §9). */
  static final int BODY_BYTES_MAX = 512 * 1024;

  /** Below Proxmox VE's time-out of 7 s. */
  static final Duration UNAUTHENTICATED_DELAY = Duration.ofSeconds(3);

  static final Duration FORBIDDEN_DELAY = Duration.ofMillis(500);

  /** For everybody: it says nothing that the sources do not. */
  private static final List<String> DESCRIPTION = List.of("api2", "openapi.json");

  /** For the client to read its answer, while more of what was refused comes in and is dropped. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private static final String FORBIDDEN = "permission check failed";
  private static final int DOWNLOAD_BLOCK_BYTES = 128 * 1024;

  /** Who reads less than a block of a download in this time does not want it: 2 KiB/s. */
  private static final Duration BLOCK_TIME_MAX = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(ApiExchange.class);

  private final ApiServer server;
  private final HttpServerRequest request;
  private final Context context;
  private final long startNanos = System.nanoTime();
  private Formatter formatter = Formatter.JSON;
  private ErrorMapping.Surface surface = ErrorMapping.Surface.REST;

  ApiExchange(ApiServer server, HttpServerRequest request, Context context) {
    this.server = server;
    this.request = request;
    this.context = context;
  }

  /** On the event loop. */
  void start() {
    request.pause();
    try {
      if (request.uri().length() > TARGET_LENGTH_MAX) {
        send(Formatter.Answer.of(414, ApiResult.JSON_TYPE, ""), Duration.ZERO);
        return;
      }
      String path = request.path();
      List<String> components = ApiRouter.components(path == null ? "" : path);
      if (components.isEmpty() || !components.getFirst().equals("api2")) {
        outsideApi(components);
      } else if (components.size() == 1) {
        send(Formatter.Answer.of(404, ApiResult.JSON_TYPE, "invalid api path '/api2'"));
      } else if (components.equals(DESCRIPTION) && request.method().name().equals("GET")) {
        blocking(this::describe);
      } else {
        formatter = Formatter.parse(components.get(1));
        inApi(components, components.subList(2, components.size()));
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void describe() {
    Formatter.Answer answer = Formatter.Answer.of(200, "application/json", server.description());
    onLoop(() -> send(answer));
  }

  private void outsideApi(List<String> components) {
    if (!request.method().name().equals("GET")) {
      throw BackupException.invalid("invalid http method for path");
    }
    Optional<String> viewer = ApiViewer.file(components);
    if (viewer.isPresent()) {
      blocking(
          () -> {
            Formatter.Answer answer = ApiViewer.answer(viewer.get());
            onLoop(() -> send(answer));
          });
      return;
    }
    Page page = server.pageOf(String.join("/", components));
    if (page != null) {
      blocking(
          () -> {
            Formatter.Answer answer =
                Formatter.Answer.of(200, page.contentType(), page.text(authenticate()));
            onLoop(() -> send(answer));
          });
      return;
    }
    String path = "/" + String.join("/", components);
    send(Formatter.Answer.of(404, "text/plain;charset=UTF-8", "no such file: '" + path + "'"));
  }

  private void inApi(List<String> all, List<String> below) {
    String method = request.method().name();
    Upgrade upgrade =
        method.equals("GET") && formatter == Formatter.JSON
            ? server.upgradeOf(String.join("/", below))
            : null;
    if (upgrade != null) {
      surface = ErrorMapping.Surface.UPGRADE;
      blocking(() -> upgrade(upgrade));
      return;
    }
    ApiRouter.Match match = server.router().find(method, below).orElse(null);
    blocking(
        () -> {
          AuthId caller = match != null && isWorld(match) ? null : authenticate();
          if (match == null) {
            String path = "/" + String.join("/", all);
            onLoop(
                () ->
                    send(
                        Formatter.Answer.of(
                            404, ApiResult.JSON_TYPE, "Path '" + path + "' not found.")));
          } else if (caller != null
              && !match.endpoint().allows(server.access().control(), caller, match.path())) {
            BackupException refusal = new BackupException(Kind.PERMISSION, FORBIDDEN);
            AuthLog.denied(
                remoteAddress(), caller.toString(), match.endpoint().permission() + " is needed");
            onLoop(() -> send(formatter.failure(403, refusal), FORBIDDEN_DELAY));
          } else if (RequestBody.isNone(request)) {
            perform(match, caller, ParamInput.Body.EMPTY);
          } else {
            onLoop(() -> readBody(match, caller));
          }
        });
  }

  private static boolean isWorld(ApiRouter.Match match) {
    return match.endpoint().rule() instanceof Endpoint.Rule.World;
  }

  private void readBody(ApiRouter.Match match, @Nullable AuthId caller) {
    Endpoint endpoint = match.endpoint();
    int limit = endpoint.schema().isStreaming() ? endpoint.bodyBytesMax() : BODY_BYTES_MAX;
    RequestBody.read(server.vertx(), request, limit)
        .onSuccess(body -> blocking(() -> perform(match, caller, body)))
        .onFailure(this::fail);
  }

  /** On a virtual thread. */
  private void perform(ApiRouter.Match match, @Nullable AuthId caller, ParamInput.Body body)
      throws Exception {
    Endpoint endpoint = match.endpoint();
    surface = endpoint.surface();
    Params params =
        endpoint
            .schema()
            .parse(
                new ParamInput(
                    request.method().name(),
                    request.getHeader("content-type"),
                    query(),
                    body,
                    match.path()));
    Leases leases = new Leases();
    ApiCall call =
        new ApiCall(params, caller, remoteAddress(), body, request.getHeader("cookie"), leases);
    switch (handle(endpoint, call)) {
      case ApiResult.Data data -> {
        leases.close();
        assert endpoint.doc().mismatch(data).isEmpty() : endpoint.doc().mismatch(data);
        Formatter.Answer answer =
            formatter.success(data).encoded(request.getHeader("accept-encoding"));
        onLoop(() -> send(answer));
      }
      case ApiResult.Download download -> holding(leases, () -> download(download));
      case ApiResult.Stream stream -> holding(leases, () -> stream(stream));
    }
  }

  private static ApiResult handle(Endpoint endpoint, ApiCall call) throws Exception {
    try {
      return endpoint.handler().handle(call);
    } catch (Exception | Error e) {
      call.leases().close();
      throw e;
    }
  }

  private void holding(Leases leases, Work work) {
    blocking(
        server::runDownload,
        () -> {
          try (leases) {
            work.run();
          }
        });
  }

  /** On a virtual thread. */
  private void upgrade(Upgrade upgrade) {
    AuthId caller = authenticate();
    Params params = upgrade.schema().parse(ParamInput.ofQuery(query()));
    Leases leases = new Leases();
    ApiCall call =
        new ApiCall(params, caller, remoteAddress(), ParamInput.Body.EMPTY, null, leases);
    Consumer<HttpServerRequest> swap;
    try {
      swap = upgrade.prepare(call, request.getHeader("upgrade"));
    } catch (RuntimeException | Error e) {
      leases.close();
      throw e;
    }
    onLoop(
        () -> {
          try {
            swap.accept(request);
          } catch (RuntimeException e) {
            fail(e);
          }
        });
  }

  private AuthId authenticate() {
    String authorization = request.getHeader("authorization");
    Credentials credentials =
        new Credentials(
            request.method().name(),
            request.getHeader("cookie"),
            authorization,
            request.getHeader("csrfpreventiontoken"));
    try {
      AuthId caller =
          server
              .access()
              .failedLogins()
              .attempt(
                  remoteAddress(),
                  claimedName(authorization),
                  () -> server.access().authenticator().authenticate(credentials));
      server.authenticated(request.connection(), caller);
      return caller;
    } catch (BackupException e) {
      if (e.kind() == Kind.UNAUTHENTICATED) {
        throw new Unauthenticated(e.text());
      }
      throw e;
    }
  }

  /** For the count and the log: who is said to call, never what he says to prove it. */
  private static String claimedName(@Nullable String authorization) {
    if (authorization == null || !authorization.startsWith("PBSAPIToken")) {
      return FailedLogins.NOBODY;
    }
    String value = authorization.substring("PBSAPIToken".length());
    int colon = value.indexOf(':');
    return colon < 1 || colon > 200 ? FailedLogins.NOBODY : value.substring(1, colon);
  }

  /** Refused before any handler: that answer has no content type, whatever the formatter. */
  private static final class Unauthenticated extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unauthenticated(String reason) {
      super("authentication failed - " + reason, null, false, false);
    }
  }

  // ---- threads ----

  private interface Work {
    void run() throws Exception;
  }

  private void blocking(Work work) {
    blocking(server::run, work);
  }

  private void blocking(Executor threads, Work work) {
    threads.execute(
        () -> {
          try {
            work.run();
          } catch (Exception e) {
            onLoop(() -> fail(e));
          } catch (Error e) {
            // The caller must not wait for ever; the thread ends as the error wants it.
            onLoop(() -> fail(e));
            throw e;
          }
        });
  }

  private void onLoop(Runnable action) {
    context.runOnContext(nothing -> action.run());
  }

  // ---- answers, on the event loop ----

  private void fail(Throwable error) {
    if (error instanceof Unauthenticated refusal) {
      send(
          Formatter.Answer.of(401, "", String.valueOf(refusal.getMessage())),
          UNAUTHENTICATED_DELAY);
      return;
    }
    if (!(error instanceof BackupException known) || known.kind() == Kind.INTERNAL) {
      LOG.error("{} {} failed", request.method(), request.path(), error);
    }
    int status = ErrorMapping.status(error, surface);
    send(formatter.failure(status, error), status == 401 ? UNAUTHENTICATED_DELAY : Duration.ZERO);
  }

  private void send(Formatter.Answer answer) {
    send(answer, Duration.ZERO);
  }

  /**
   * @param notBefore after the request came
   */
  private void send(Formatter.Answer answer, Duration notBefore) {
    long left = (notBefore.toNanos() - (System.nanoTime() - startNanos)) / 1_000_000;
    if (left > 0) {
      server.vertx().setTimer(left, timer -> sendNow(answer));
    } else {
      sendNow(answer);
    }
  }

  private void sendNow(Formatter.Answer answer) {
    HttpServerResponse response = request.response();
    if (response.closed() || response.ended()) {
      return; // the client has gone
    }
    response.setStatusCode(answer.status());
    if (!answer.contentType().isEmpty()) {
      response.putHeader("content-type", answer.contentType());
    }
    if (answer.encoding() != AnswerEncoding.NONE) {
      response.putHeader("content-encoding", answer.encoding().header());
    }
    if (!answer.cookie().isEmpty()) {
      response.putHeader("set-cookie", answer.cookie());
    }
    RequestBody.discardRest(request);
    response
        .end(Buffer.buffer(answer.body().bytes()))
        .onSuccess(sent -> closeUnlessReadWhole())
        .onFailure(e -> LOG.debug("client went away before its answer: {}", e.toString()));
  }

  /** Vert.x would wait for the rest of a body that may have no end. */
  private void closeUnlessReadWhole() {
    if (!request.isEnded() && "close".equals(request.response().headers().get("connection"))) {
      server.vertx().setTimer(LINGER.toMillis(), over -> request.connection().close());
    }
  }

  // ---- downloads, on a virtual thread ----

  private void download(ApiResult.Download download) throws IOException {
    try (InputStream in = download.source().open()) {
      await(
          () -> {
            request.response().putHeader("content-length", Long.toString(download.length()));
            return Future.succeededFuture();
          });
      stream(new ApiResult.Stream(download.contentType(), out -> in.transferTo(out)));
    }
  }

  private void stream(ApiResult.Stream stream) {
    await(
        () -> {
          HttpServerResponse response = request.response();
          response.putHeader("content-type", stream.contentType());
          response.setChunked(!response.headers().contains("content-length"));
          return Future.succeededFuture();
        });
    try {
      OutputStream out = new BufferedOutputStream(new ResponseStream(), DOWNLOAD_BLOCK_BYTES);
      stream.writer().writeTo(out);
      out.flush();
      await(() -> request.response().end());
    } catch (IOException | RuntimeException e) {
      // The head is out: all that can be said is to cut the connection.
      LOG.warn("{} {} cut short: {}", request.method(), request.path(), e.toString());
      onLoop(() -> request.connection().close().onFailure(x -> LOG.debug("closed already")));
    }
  }

  /** The body of the answer; each write waits until it is out. */
  private final class ResponseStream extends OutputStream {
    @Override
    public void write(int one) {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      Buffer part = Buffer.buffer(length).appendBytes(bytes, offset, length);
      await(() -> request.response().write(part));
    }
  }

  private interface Step {
    Future<Void> run();
  }

  /** Each block waits until it is written: a slow client slows the reading. */
  private void await(Step step) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    onLoop(
        () -> {
          try {
            step.run().onSuccess(done::complete).onFailure(done::completeExceptionally);
          } catch (RuntimeException e) {
            done.completeExceptionally(e);
          }
        });
    try {
      done.orTimeout(BLOCK_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      throw new BackupException(Kind.CANCELLED, "the client went away", e);
    }
  }

  private String query() {
    String query = request.query();
    return query == null ? "" : query;
  }

  private String remoteAddress() {
    return request.remoteAddress() == null
        ? "unknown"
        : String.valueOf(request.remoteAddress().hostAddress());
  }
}
