package dev.holdfast.replication.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The server's half of an upgrade (spec/protocols.md §4.1): a request with {@code Upgrade:
 * PROTOCOL} is answered with 101 and the connection speaks HTTP/2 with prior knowledge from there
 * on.
 *
 * <p>Use: make the server with {@link #options}, call {@link #acceptUpgrades} on it before it
 * listens, and in the request handler {@link #upgrade} once everything that may still refuse was
 * checked. Until then the request is an ordinary one: any other answer leaves the connection
 * usable.
 */
public final class WireServer {
  private WireServer() {}

  /**
   * A path with its query may have 3072 characters before the answer is 414; longer lines reach the
   * handler too.
   */
  private static final int REQUEST_LINE_BYTES_MAX = 16 * 1024;

  /**
   * Tickets of up to 512 signature bytes, percent-encoded in a cookie, and browsers' own headers.
   */
  private static final int HEADERS_BYTES_MAX = 64 * 1024;

  private static final int HANDSHAKE_SECONDS_MAX = 10;

  /**
   * TLS and HTTP/1 options of a listener that upgrades, all explicit; host and port are the
   * caller's to set.
   */
  public static HttpServerOptions options(TlsIdentity identity, TlsEngine engine) {
    return TlsPolicy.apply(new HttpServerOptions(), new RedirectingTls(engine.options()))
        .setKeyCertOptions(identity.keyCertOptions())
        .setSslHandshakeTimeout(HANDSHAKE_SECONDS_MAX)
        .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
        // Everything begins as HTTP/1.1 (spec/protocols.md §1.1).
        .setUseAlpn(false)
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setIdleTimeout(0)
        .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
        .setMaxHeaderSize(HEADERS_BYTES_MAX)
        .setHandle100ContinueAutomatically(true)
        .setCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false);
  }

  /**
   * Prepares every connection of the server for {@link #upgrade}. Takes the server's one connection
   * handler; a caller that has one of its own passes it.
   *
   * @param options those that the server was made with
   */
  public static void acceptUpgrades(
      HttpServer server,
      HttpServerOptions options,
      Handler<io.vertx.core.http.HttpConnection> connections) {
    server.connectionHandler(
        connection -> {
          if (connection instanceof ConnectionBase http1
              && http1.channel().pipeline().get("httpDecoder") != null) {
            http1
                .channel()
                .pipeline()
                .addBefore(Http2Pipeline.VERTX_HANDLER, UpgradeGate.NAME, new UpgradeGate(options));
          }
          connections.handle(connection);
        });
  }

  public static void acceptUpgrades(HttpServer server, HttpServerOptions options) {
    acceptUpgrades(server, options, connection -> {});
  }

  /**
   * Answers 101 with just the two upgrade headers and starts the session. May be called from any
   * thread. No byte that the client sent behind its request is lost.
   *
   * @param protocol the value of the {@code Upgrade} header, which the caller has checked
   * @param memory for the bodies of its requests
   * @return done when the session is open; failed when the connection went away before
   */
  public static Future<Void> upgrade(
      HttpServerRequest request,
      String protocol,
      WireSettings settings,
      BodyMemory memory,
      WireHandler handler) {
    ContextInternal context = ((HttpServerRequestInternal) request).context();
    BodyMemory.Share share = memory.share();
    return takeOver(
        request, protocol, socket -> install(context, socket, settings, share, handler));
  }

  /**
   * Answers 101 for a protocol that is not HTTP/2. The handler gets the socket on its event loop,
   * before any byte that the client sent behind its request, and pauses it or sets its handler
   * before it returns.
   */
  public static Future<Void> upgradeRaw(
      HttpServerRequest request, String protocol, Handler<NetSocket> handler) {
    return takeOver(
        request,
        protocol,
        socket -> {
          handler.handle(socket);
          ChannelPipeline pipeline = socket.channelHandlerContext().pipeline();
          if (pipeline.get(UpgradeGate.NAME) != null) {
            pipeline.remove(UpgradeGate.NAME);
          }
        });
  }

  private static Future<Void> takeOver(
      HttpServerRequest request, String protocol, Handler<NetSocketInternal> handler) {
    ContextInternal context = ((HttpServerRequestInternal) request).context();
    PromiseInternal<Void> promise = context.promise();
    // Straight on the event loop, so that what follows is one turn of it.
    if (context.nettyEventLoop().inEventLoop()) {
      takeOver(request, protocol, handler, promise);
    } else {
      context.nettyEventLoop().execute(() -> takeOver(request, protocol, handler, promise));
    }
    return promise.future();
  }

  private static void takeOver(
      HttpServerRequest request,
      String protocol,
      Handler<NetSocketInternal> handler,
      PromiseInternal<Void> promise) {
    // Real servers do not look at the Connection header (spec/protocols.md §4.1); Vert.x insists on
    // it.
    request.headers().set(HttpHeaders.CONNECTION, "upgrade");
    request
        .response()
        .putHeader(HttpHeaders.CONNECTION, "upgrade")
        .putHeader(HttpHeaders.UPGRADE, protocol);
    Future<NetSocket> socket;
    try {
      socket = request.toNetSocket();
    } catch (RuntimeException e) {
      promise.fail(e);
      return;
    }
    socket.onComplete(
        taken -> {
          try {
            handler.handle((NetSocketInternal) taken);
            promise.tryComplete();
          } catch (RuntimeException e) {
            Unawaited.vertx(taken.close());
            promise.tryFail(e);
          }
        },
        promise::tryFail);
  }

  private static void install(
      ContextInternal context,
      NetSocketInternal socket,
      WireSettings settings,
      BodyMemory.Share memory,
      WireHandler handler) {
    Channel channel = socket.channelHandlerContext().channel();
    if (channel.pipeline().get(UpgradeGate.NAME) == null) {
      throw new IllegalStateException("server was not prepared with acceptUpgrades");
    }
    socket.messageHandler(ReferenceCountUtil::release);
    ServerConnection connection = new ServerConnection(context, socket, settings, handler);
    ChannelInitializer<Channel> streams =
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel stream) {
            stream
                .pipeline()
                .addLast(
                    new ServerStream(context, memory, settings.bodyStillMax(), handler::request));
          }
        };
    // The session is told first: the bytes held by the gate may bring its first request.
    context.emit(connection, handler::opened);
    Http2Pipeline.install(channel, true, settings, streams, connection.link);
    channel.pipeline().remove(UpgradeGate.NAME);
  }

  private static final class ServerConnection implements WireConnection, ConnectionLink.Owner {
    private final ContextInternal context;
    private final WireHandler handler;
    private final String remoteAddress;
    private final ChannelHandlerContext channel;
    private final ConnectionLink link;

    ServerConnection(
        ContextInternal context,
        NetSocketInternal socket,
        WireSettings settings,
        WireHandler handler) {
      this.context = context;
      this.handler = handler;
      this.channel = socket.channelHandlerContext();
      SocketAddress address = socket.remoteAddress();
      this.remoteAddress = address == null ? "unknown" : address.hostAddress();
      this.link = new ConnectionLink(this, settings.pingInterval());
    }

    @Override
    public void close() {
      channel.executor().execute(() -> link.close(channel));
    }

    @Override
    public String remoteAddress() {
      return remoteAddress;
    }

    @Override
    public Context context() {
      return context;
    }

    @Override
    public void closed(@Nullable Throwable cause) {
      context.emit(v -> handler.closed(cause));
    }
  }
}
