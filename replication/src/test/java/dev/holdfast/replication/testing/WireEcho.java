package dev.holdfast.replication.testing;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.replication.wire.BodyMemory;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireConnection;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireHandler;
import dev.holdfast.replication.wire.WireServer;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A TLS server on an ephemeral port that upgrades {@code /session} and echoes there: {@code POST
 * /echo} answers its body, {@code POST /limit?N} takes N bytes at most, {@code POST /hold} answers
 * when the test says so, {@code GET /head} tells what it saw of the request, {@code GET /bytes?N}
 * answers N bytes. Other requests are ordinary ones.
 */
public final class WireEcho implements AutoCloseable {
  public static final String PROTOCOL = "echo-protocol-v1";
  private static final int BODY_BYTES_MAX = 64 * 1024 * 1024;

  private final HttpServer server;
  private final TlsIdentity identity;
  private final Vertx vertx;
  private final BlockingQueue<Optional<Throwable>> closed = new LinkedBlockingQueue<>();
  private final BlockingQueue<Throwable> bodyFailures = new LinkedBlockingQueue<>();
  private final BlockingQueue<WireConnection> connections = new LinkedBlockingQueue<>();
  private final List<Promise<Void>> held = new CopyOnWriteArrayList<>();
  private final AtomicInteger holding = new AtomicInteger();
  private final AtomicInteger holdingMost = new AtomicInteger();
  private final Map<String, WireHandler> handlers = new ConcurrentHashMap<>();

  public WireEcho(Vertx vertx, TlsEngine engine, WireSettings settings) {
    this(vertx, engine, settings, BodyMemory.unlimited());
  }

  public WireEcho(Vertx vertx, TlsEngine engine, WireSettings settings, BodyMemory memory) {
    this(vertx, engine, settings, memory, connection -> {}, request -> {});
  }

  /**
   * @param connected sees each connection first
   * @param asked sees each request first
   */
  public WireEcho(
      Vertx vertx,
      TlsEngine engine,
      WireSettings settings,
      Handler<HttpConnection> connected,
      Handler<HttpServerRequest> asked) {
    this(vertx, engine, settings, BodyMemory.unlimited(), connected, asked);
  }

  private WireEcho(
      Vertx vertx,
      TlsEngine engine,
      WireSettings settings,
      BodyMemory memory,
      Handler<HttpConnection> connected,
      Handler<HttpServerRequest> asked) {
    this.vertx = vertx;
    identity = TlsIdentity.generate("echo.test", List.of(), Instant.now(), new SecureRandom());
    HttpServerOptions options =
        WireServer.options(identity, engine).setHost("127.0.0.1").setPort(0);
    server = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(server, options, connected);
    server.requestHandler(
        request -> {
          asked.handle(request);
          if (!request.path().endsWith("/session")) {
            request
                .response()
                .setStatusCode(request.path().endsWith("/refuse") ? 400 : 200)
                .end("plain " + request.path());
            return;
          }
          if (!PROTOCOL.equals(request.getHeader("Upgrade"))) {
            request.response().setStatusCode(400).end("invalid protocol name");
            return;
          }
          // As a session would: what may refuse takes its time, elsewhere.
          vertx
              .<@Nullable Void>executeBlocking(() -> null)
              .compose(v -> WireServer.upgrade(request, PROTOCOL, settings, memory, new Echo()))
              .onFailure(closedWith -> closed.add(Optional.of(closedWith)));
        });
    StrictVertx.await(server.listen());
  }

  public int port() {
    return server.actualPort();
  }

  public TlsIdentity identity() {
    return identity;
  }

  /** Why each session ended, in order. */
  public BlockingQueue<Optional<Throwable>> closed() {
    return closed;
  }

  public BlockingQueue<Throwable> bodyFailures() {
    return bodyFailures;
  }

  public BlockingQueue<WireConnection> connections() {
    return connections;
  }

  /** Requests that wait at {@code /hold} now. */
  public int holding() {
    return holding.get();
  }

  public int holdingMost() {
    return holdingMost.get();
  }

  /** Lets those that wait go, and those that come later too. */
  public void release() {
    held.forEach(Promise::tryComplete);
  }

  /** Replaces what a path does. */
  public void on(String path, WireHandler handler) {
    handlers.put(path, handler);
  }

  @Override
  public void close() {
    StrictVertx.await(server.close());
  }

  private final class Echo implements WireHandler {
    @Override
    public void opened(WireConnection connection) {
      connections.add(connection);
    }

    @Override
    public void request(WireExchange exchange) {
      WireHandler special = handlers.get(exchange.path());
      if (special != null) {
        special.request(exchange);
        return;
      }
      switch (exchange.path()) {
        case "/echo" ->
            exchange
                .body(0, BODY_BYTES_MAX)
                .onSuccess(body -> exchange.answer(200, "application/octet-stream", body.bytes()))
                .onFailure(bodyFailures::add);
        case "/limit" -> {
          int limit = Integer.parseInt(exchange.query());
          exchange
              .body(limit, limit)
              .onSuccess(body -> exchange.answer(200, null, text("got " + body.length())))
              .onFailure(
                  failure -> {
                    bodyFailures.add(failure);
                    exchange.answer(400, null, text(failure.getMessage()));
                  });
        }
        case "/hold" -> hold(exchange);
        case "/head" ->
            exchange.answer(
                200,
                "text/plain",
                text(
                    exchange.method()
                        + " "
                        + exchange.path()
                        + " ["
                        + exchange.query()
                        + "] "
                        + exchange.contentType()));
        case "/bytes" ->
            exchange.answer(
                200, "application/octet-stream", new byte[Integer.parseInt(exchange.query())]);
        default ->
            exchange.answer(
                404,
                "application/json;charset=UTF-8",
                text("Path '" + exchange.path() + "' not found."));
      }
    }

    private void hold(WireExchange exchange) {
      Promise<Void> gate = Promise.promise();
      held.add(gate);
      int now = holding.incrementAndGet();
      holdingMost.accumulateAndGet(now, Math::max);
      exchange
          .body(0, BODY_BYTES_MAX)
          .compose(body -> gate.future())
          .onComplete(
              done -> {
                holding.decrementAndGet();
                exchange.answer(200, null, new byte[0]);
              });
    }

    @Override
    public void closed(@Nullable Throwable cause) {
      closed.add(Optional.ofNullable(cause));
    }
  }

  static byte[] text(@Nullable String text) {
    return String.valueOf(text).getBytes(StandardCharsets.UTF_8);
  }

  /** The error that a future must have failed with. */
  public static BackupException failure(Throwable thrown) {
    if (thrown instanceof BackupException e) {
      return e;
    }
    throw new AssertionError("not a BackupException", thrown);
  }

  public Vertx vertx() {
    return vertx;
  }
}
