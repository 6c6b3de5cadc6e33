package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.BindException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The node's one listener: TLS, HTTP/1.1, REST calls, and upgrades to whatever others registered.
 * Event loops route and frame; credentials, parameters and handlers run on virtual threads, a
 * bounded number at a time.
 */
public final class ApiServer {
  /**
   * Calls at work at once. More wait, each holding its connection and nothing else: a connection
   * has one call at a time, so what waits is bounded by the connections.
   */
  public static final int CALLS_AT_ONCE_MAX = 64;

  /** How long a stop waits for calls that are being answered. */
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(3);

  private final Vertx vertx;
  private final ApiRouter router;
  private final AccessState access;
  private final Map<String, Upgrade> upgrades = new HashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("api-", 0).factory());
  private final Semaphore permits = new Semaphore(CALLS_AT_ONCE_MAX);
  private @Nullable HttpServer server;
  private String version = "";
  private @Nullable String description;

  public ApiServer(Vertx vertx, ApiRouter router, AccessState access) {
    this.vertx = vertx;
    this.router = router;
    this.access = access;
  }

  /**
   * Before listening. Returns this.
   *
   * @param path below the format, as {@code /backup}
   */
  public ApiServer upgrade(String path, Upgrade upgrade) {
    if (upgrades.putIfAbsent(String.join("/", ApiRouter.components(path)), upgrade) != null) {
      throw new IllegalStateException("an upgrade of '" + path + "' is registered already");
    }
    return this;
  }

  /** Before listening: the version that the OpenAPI document tells. Returns this. */
  public ApiServer describing(String version) {
    this.version = version;
    return this;
  }

  /** The OpenAPI document, made when it is asked for first: not on an event loop. */
  synchronized String description() {
    String made = description;
    if (made == null) {
      made = OpenApi.document(router.routes(), version).toString();
      description = made;
    }
    return made;
  }

  /**
   * Starts to serve; gives the port. Fails with INVALID_INPUT when the address cannot be had.
   *
   * @param port 0 = any free one
   */
  public Future<Integer> listen(TlsIdentity identity, TlsEngine engine, String host, int port) {
    HttpServerOptions options = WireServer.options(identity, engine);
    HttpServer listening = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(listening, options);
    listening.requestHandler(this::handle);
    // Clients that hang up or speak no HTTP are no news; what concerns a call is the call's.
    listening.exceptionHandler(cause -> {});
    server = listening;
    return listening
        .listen(port, host)
        .map(HttpServer::actualPort)
        .recover(cause -> Future.failedFuture(notListening(host, port, cause)));
  }

  /** Stops accepting, lets calls end, then closes every connection, upgraded ones too. */
  public Future<Void> close() {
    HttpServer listening = server;
    Future<Void> closed =
        listening == null
            ? Future.succeededFuture()
            : listening.shutdown(STOP_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS);
    return closed.onComplete(done -> threads.shutdown());
  }

  private void handle(HttpServerRequest request) {
    new ApiExchange(this, request, vertx.getOrCreateContext()).start();
  }

  Vertx vertx() {
    return vertx;
  }

  ApiRouter router() {
    return router;
  }

  AccessState access() {
    return access;
  }

  /**
   * @param components below the format, joined by slashes
   */
  @Nullable Upgrade upgradeOf(String components) {
    return upgrades.get(components);
  }

  /** Runs on a thread that may block, when there is room. */
  void run(Runnable work) {
    threads.execute(
        () -> {
          permits.acquireUninterruptibly();
          try {
            work.run();
          } finally {
            permits.release();
          }
        });
  }

  private static BackupException notListening(String host, int port, Throwable cause) {
    String reason = cause instanceof BindException ? "the port is in use" : cause.toString();
    return new BackupException(
            Kind.INVALID_INPUT, "cannot listen on " + host + ":" + port + ": " + reason, cause)
        .advise("Choose another address with --listen, or stop the program that has this one.");
  }
}
