package dev.holdfast.node.api;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.traffic.TrafficControl;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.net.BindException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
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

  /** Downloads last as long as their clients want: they must not take the calls' places. */
  static final int DOWNLOADS_AT_ONCE_MAX = 64;

  /** How long a stop waits for calls that are being answered. */
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(3);

  /**
   * To Vert.x a negative port is any free one, and the same for every listener that asks for that
   * number: so each server has one of its own.
   */
  private static final AtomicInteger ANY_SHARED_PORT = new AtomicInteger();

  private final Vertx vertx;
  private final ApiRouter router;
  private final AccessState access;
  private final Map<String, Upgrade> upgrades = new HashMap<>();
  private final Map<String, Page> pages = new HashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("api-", 0).factory());
  private final Semaphore calls = new Semaphore(CALLS_AT_ONCE_MAX);
  private final Semaphore downloads = new Semaphore(DOWNLOADS_AT_ONCE_MAX);
  private final IdleConnections idle;
  private final List<HttpServer> listeners = new CopyOnWriteArrayList<>();
  private String version = "";
  private @Nullable String description;
  private @Nullable TrafficControl traffic;

  public ApiServer(Vertx vertx, ApiRouter router, AccessState access) {
    this(vertx, router, access, new IdleConnections(vertx));
  }

  ApiServer(Vertx vertx, ApiRouter router, AccessState access, IdleConnections idle) {
    this.vertx = vertx;
    this.router = router;
    this.access = access;
    this.idle = idle;
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

  /**
   * Before listening. Returns this.
   *
   * @param path outside the API, as {@code /metrics}
   */
  public ApiServer page(String path, Page page) {
    if (pages.putIfAbsent(String.join("/", ApiRouter.components(path)), page) != null) {
      throw new IllegalStateException("a page '" + path + "' is registered already");
    }
    return this;
  }

  /** Before listening: the version that the OpenAPI document tells. Returns this. */
  public ApiServer describing(String version) {
    this.version = version;
    return this;
  }

  /** Before listening: every connection is under its rules. Returns this. */
  public ApiServer limiting(TrafficControl control) {
    this.traffic = control;
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
   * @param eventLoops that share the connections, at least 1
   */
  public Future<Integer> listen(
      TlsIdentity identity, TlsEngine engine, String host, int port, int eventLoops) {
    int shared = port == 0 ? ANY_SHARED_PORT.decrementAndGet() : port;
    // A listener serves all its connections on one event loop; several take turns.
    return Future.all(
            IntStream.range(0, eventLoops)
                .mapToObj(i -> listenOnNextLoop(listener(identity, engine), host, shared))
                .toList())
        .recover(cause -> Future.failedFuture(notListening(host, port, cause)))
        .map(all -> listeners.getFirst().actualPort());
  }

  /** Vert.x would take the calling thread's context, and its loop, for all of them. */
  private Future<HttpServer> listenOnNextLoop(HttpServer listener, String host, int port) {
    ContextInternal context = ((VertxInternal) vertx).createEventLoopContext();
    Promise<HttpServer> promise = context.promise();
    context.runOnContext(here -> listener.listen(port, host).onComplete(promise));
    return promise.future();
  }

  private HttpServer listener(TlsIdentity identity, TlsEngine engine) {
    HttpServerOptions options = WireServer.options(identity, engine);
    HttpServer listener = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(listener, options, this::opened);
    listener.requestHandler(this::handle);
    // Clients that hang up or speak no HTTP are no news; what concerns a call is the call's.
    listener.exceptionHandler(cause -> {});
    listeners.add(listener);
    return listener;
  }

  /** Stops accepting, lets calls end, then closes every connection, upgraded ones too. */
  public Future<Void> close() {
    return Future.join(
            listeners.stream()
                .map(each -> each.shutdown(STOP_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS))
                .toList())
        .<Void>mapEmpty()
        .onComplete(done -> threads.shutdown());
  }

  private void opened(HttpConnection connection) {
    idle.handle(connection);
    if (traffic != null) {
      traffic.opened(connection);
    }
  }

  /** Tells who logged in on a connection. */
  void authenticated(HttpConnection connection, AuthId caller) {
    if (traffic != null) {
      traffic.authenticated(connection, caller);
    }
  }

  private void handle(HttpServerRequest request) {
    idle.began(request);
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

  /**
   * @param components outside the API, joined by slashes
   */
  @Nullable Page pageOf(String components) {
    return pages.get(components);
  }

  /** Runs on a thread that may block, when there is room. */
  void run(Runnable work) {
    run(calls, work);
  }

  /** The same for what goes on until the client has read it all. */
  void runDownload(Runnable work) {
    run(downloads, work);
  }

  private void run(Semaphore permits, Runnable work) {
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
