package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * Opens upgraded sessions to servers that a {@link PinnedTrust} vouches for: TLS, one HTTP/1.1
 * exchange, HTTP/2 from the 101 on (spec/protocols.md §4.1).
 *
 * <p>Vert.x closes a NetClient that nobody references, with its live connections; so it stands in a
 * field here, and every session refers to its client.
 */
public final class WireClient implements AutoCloseable {
  /** As real clients have them (spec/protocols.md §9): 10 s to connect, 120 s for the 101. */
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  public static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

  private final VertxInternal vertx;
  private final PinnedTrust trust;
  private final WireSettings settings;
  private final Duration answerTimeout;
  private final TransferRate rate;
  private final NetClient client;

  public WireClient(Vertx vertx, PinnedTrust trust, WireSettings settings) {
    this(vertx, trust, settings, TlsEngine.choose(), ANSWER_TIMEOUT);
  }

  public WireClient(
      Vertx vertx,
      PinnedTrust trust,
      WireSettings settings,
      TlsEngine engine,
      Duration answerTimeout) {
    this(vertx, trust, settings, engine, answerTimeout, TransferRate.UNLIMITED);
  }

  /**
   * @param rate of each session
   */
  public WireClient(
      Vertx vertx,
      PinnedTrust trust,
      WireSettings settings,
      TlsEngine engine,
      Duration answerTimeout,
      TransferRate rate) {
    this.vertx = (VertxInternal) vertx;
    this.trust = trust;
    this.settings = settings;
    this.answerTimeout = answerTimeout;
    this.rate = rate;
    this.client = vertx.createNetClient(options(trust, engine));
  }

  private static NetClientOptions options(PinnedTrust trust, TlsEngine engine) {
    return TlsPolicy.apply(new NetClientOptions(), engine.options())
        .setConnectTimeout((int) CONNECT_TIMEOUT.toMillis())
        .setTrustOptions(trust.trustOptions())
        // A pin says more than a name; Vert.x wants the choice spelt out.
        .setHostnameVerificationAlgorithm("")
        .setSslHandshakeTimeout(CONNECT_TIMEOUT.toSeconds())
        .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setIdleTimeout(0);
  }

  /**
   * Connects and upgrades.
   *
   * @param pathAndQuery of the upgrade request, e.g. {@code /api2/json/backup?…}
   * @param protocol the {@code Upgrade} header
   * @param headers credentials; {@code Host} and the upgrade headers are added
   * @return fails with the server's text when it answers anything but 101 (kind by status), with
   *     PEER_UNTRUSTED or PEER_UNREACHABLE when it does not come to that
   */
  public Future<WireSession> open(
      String host, int port, String pathAndQuery, String protocol, Map<String, String> headers) {
    String peer = hostAndPort(host, port);
    ContextInternal context = vertx.createEventLoopContext();
    Promise<WireSession> promise = context.promise();
    Map<String, String> all = new LinkedHashMap<>();
    all.put("Host", peer);
    all.put("Upgrade", protocol);
    all.put("Connection", "upgrade");
    all.putAll(headers);
    byte[] head = requestHead(pathAndQuery, all);
    context.runOnContext(
        v ->
            client
                .connect(port, host)
                .onComplete(
                    socket -> exchange(context, (NetSocketInternal) socket, peer, head, promise),
                    failure -> promise.fail(WireErrors.ofFailure(peer, failure))));
    return promise.future();
  }

  /** {@code host:port}, with brackets around an IPv6 address. */
  static String hostAndPort(String host, int port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  private static byte[] requestHead(String pathAndQuery, Map<String, String> headers) {
    StringBuilder head =
        new StringBuilder("GET ").append(clean(pathAndQuery)).append(" HTTP/1.1\r\n");
    headers.forEach(
        (name, value) -> head.append(name).append(": ").append(clean(value)).append("\r\n"));
    return head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A line break in a path or a credential would start a header of its own. */
  private static String clean(String text) {
    if (text.indexOf('\r') >= 0 || text.indexOf('\n') >= 0) {
      throw BackupException.invalid("line break in a request's path or header");
    }
    return text;
  }

  private void exchange(
      ContextInternal context,
      NetSocketInternal socket,
      String peer,
      byte[] head,
      Promise<WireSession> promise) {
    try {
      trust.check(socket.peerCertificates());
    } catch (BackupException | SSLPeerUnverifiedException e) {
      Unawaited.vertx(socket.close());
      promise.fail(WireErrors.ofFailure(peer, e));
      return;
    }
    Channel channel = socket.channelHandlerContext().channel();
    socket.messageHandler(ReferenceCountUtil::release);
    // No HTTP/1 encoder ever enters the pipeline: it would still be in the way of the HTTP/2
    // preface.
    ChannelPipeline pipeline = channel.pipeline();
    ChannelHandler shaper = rate.shaper();
    if (shaper != null) {
      pipeline.addFirst("rate", shaper); // before TLS: next to the socket
    }
    UpgradeAnswer answer =
        new UpgradeAnswer(
            upgraded -> {
              ClientSession session = new ClientSession(this, context, channel, peer, settings);
              Http2Pipeline.install(
                  channel, false, settings, ClientSession.NO_PUSH, session.link());
              promise.tryComplete(session);
            },
            failure -> {
              Unawaited.vertx(socket.close());
              promise.tryFail(WireErrors.ofFailure(peer, failure));
            });
    pipeline.addBefore(
        Http2Pipeline.VERTX_HANDLER, UpgradeAnswer.DECODER, new HttpResponseDecoder());
    pipeline.addBefore(Http2Pipeline.VERTX_HANDLER, "upgrade-answer", answer);
    ScheduledFuture<?> timeout =
        channel
            .eventLoop()
            .schedule(
                () -> {
                  if (promise.tryFail(
                      new BackupException(
                              BackupException.Kind.PEER_UNREACHABLE,
                              peer + " did not answer within " + answerTimeout.toSeconds() + " s")
                          .with("peer", peer))) {
                    Unawaited.vertx(socket.close());
                  }
                },
                answerTimeout.toMillis(),
                TimeUnit.MILLISECONDS);
    promise.future().onComplete(done -> timeout.cancel(false));
    Unawaited.netty(
        channel.writeAndFlush(
            ByteBufUtil.writeAscii(
                channel.alloc(), new String(head, StandardCharsets.ISO_8859_1))));
  }

  /** Closes the sessions that are still open, too. */
  @Override
  public void close() {
    Unawaited.vertx(client.close());
  }

  NetClient netClient() {
    return client;
  }
}
