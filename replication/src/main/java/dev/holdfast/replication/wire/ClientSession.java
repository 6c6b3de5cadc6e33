package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A client's session: as many streams at a time as the server announced, the rest in a queue. State
 * lives on the connection's event loop.
 */
final class ClientSession implements WireSession, ConnectionLink.Owner {
  /** The server opens no streams; should it, they are closed at once. */
  static final ChannelHandler NO_PUSH = new RefuseStream();

  /**
   * Until the server has announced its limit. Real ones announce 200 or nothing (spec/protocols.md
   * §4.2).
   */
  private static final int STREAMS_BEFORE_SETTINGS = 16;

  /** Ours, where the server has none: more in flight would only fill memory. */
  private static final int STREAMS_MAX = 200;

  /** Keeps the NetClient from the garbage collector as long as this session is reachable. */
  private final WireClient client;

  private final ContextInternal context;
  private final Channel channel;
  private final String peer;
  private final ConnectionLink link;
  private final Promise<Void> closed;
  private final ArrayDeque<ClientStream> waiting = new ArrayDeque<>();
  private int openStreams;
  private int streamsMax = STREAMS_BEFORE_SETTINGS;
  private @Nullable BackupException ended;

  ClientSession(
      WireClient client,
      ContextInternal context,
      Channel channel,
      String peer,
      WireSettings settings) {
    this.client = client;
    this.context = context;
    this.channel = channel;
    this.peer = peer;
    this.link = new ConnectionLink(this, settings.pingInterval());
    this.closed = context.promise();
  }

  ConnectionLink link() {
    return link;
  }

  @Override
  public Future<WireResponse> request(
      String method,
      String pathAndQuery,
      @Nullable String contentType,
      byte[] body,
      int offset,
      int length,
      int answerBytesMax) {
    Promise<WireResponse> promise = context.promise();
    ClientStream stream =
        new ClientStream(
            peer, method, pathAndQuery, contentType, body, offset, length, answerBytesMax, promise);
    onLoop(
        () -> {
          if (ended == null) {
            waiting.add(stream);
            openNext();
          } else {
            stream.fail(ended);
          }
        });
    return promise.future();
  }

  private void openNext() {
    while (openStreams < streamsMax && !waiting.isEmpty()) {
      ClientStream stream = waiting.remove();
      openStreams++;
      var opening = new Http2StreamChannelBootstrap(channel).handler(stream).open();
      Unawaited.netty(opening.addListener(opened -> opened(stream, opening)));
    }
  }

  private void opened(
      ClientStream stream, io.netty.util.concurrent.Future<Http2StreamChannel> opening) {
    if (opening.isSuccess()) {
      Unawaited.netty(opening.getNow().closeFuture().addListener(gone -> streamGone()));
      stream.send(opening.getNow());
    } else {
      stream.fail(WireErrors.ofFailure(peer, opening.cause()));
      streamGone();
    }
  }

  private void streamGone() {
    openStreams--;
    openNext();
  }

  @Override
  public void settings(Http2Settings settings) {
    Long announced = settings.maxConcurrentStreams();
    if (announced != null) {
      streamsMax = (int) Math.clamp(announced, 1L, STREAMS_MAX);
    } else if (streamsMax == STREAMS_BEFORE_SETTINGS) {
      streamsMax = STREAMS_MAX;
    }
    openNext();
  }

  @Override
  public void goAway(String reason) {
    end(lost(reason, null));
  }

  @Override
  public void closed(@Nullable Throwable cause) {
    end(
        lost(
            cause == null
                ? "connection was closed by the peer"
                : String.valueOf(cause.getMessage()),
            cause));
    if (cause == null) {
      closed.tryComplete();
    } else {
      closed.tryFail(WireErrors.ofFailure(peer, cause));
    }
  }

  private BackupException lost(String reason, @Nullable Throwable cause) {
    return new BackupException(
            Kind.PEER_UNREACHABLE, "lost the session with " + peer + ": " + reason, cause)
        .with("peer", peer);
  }

  /**
   * No further requests; those that were not sent fail now, those that were when their streams
   * close.
   */
  private void end(BackupException reason) {
    if (ended == null) {
      ended = reason;
      for (ClientStream stream = waiting.poll(); stream != null; stream = waiting.poll()) {
        stream.fail(reason);
      }
    }
  }

  @Override
  public void close() {
    onLoop(
        () -> {
          if (ended == null) {
            end(new BackupException(Kind.CANCELLED, "session with " + peer + " was closed"));
          }
          ChannelHandlerContext ctx = channel.pipeline().context(link);
          if (ctx != null) {
            link.close(ctx);
          }
        });
  }

  @Override
  public Future<Void> closed() {
    return closed.future();
  }

  private void onLoop(Runnable action) {
    if (channel.eventLoop().inEventLoop()) {
      action.run();
    } else {
      channel.eventLoop().execute(action);
    }
  }

  @Override
  public String toString() {
    return "session with " + peer + " of " + client.netClient();
  }

  @ChannelHandler.Sharable
  private static final class RefuseStream extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      Unawaited.netty(ctx.close());
    }
  }
}
