package dev.holdfast.replication.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connection as a whole, beside its streams: takes the connection-level frames, probes a silent
 * peer, and tells once why the connection ended. Lives on the connection's event loop.
 */
final class ConnectionLink extends ChannelInboundHandlerAdapter {
  /** Who wants to know. */
  interface Owner {
    /** The peer announced these; also again later. */
    default void settings(Http2Settings settings) {}

    /** The peer takes no new streams. */
    default void goAway(String reason) {}

    /** Called once, after every stream of the connection was told. */
    void closed(@Nullable Throwable cause);
  }

  private final Owner owner;
  private final Duration pingInterval;
  private @Nullable ScheduledFuture<?> probe;
  private boolean heard = true;
  private int silentPings;
  private long pings;
  private boolean closing;
  private @Nullable Throwable cause;

  ConnectionLink(Owner owner, Duration pingInterval) {
    this.owner = owner;
    this.pingInterval = pingInterval;
  }

  /** Our own wish to close is not a failure, whatever the socket says afterwards. */
  void close(ChannelHandlerContext ctx) {
    closing = true;
    Unawaited.netty(ctx.channel().close());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    long millis = pingInterval.toMillis();
    probe =
        ctx.executor().scheduleAtFixedRate(() -> probe(ctx), millis, millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    stopProbing();
  }

  private void probe(ChannelHandlerContext ctx) {
    if (heard) {
      heard = false;
      silentPings = 0;
    } else if (++silentPings >= WireSettings.SILENT_PINGS_MAX) {
      cause =
          new IOException(
              "peer is dead: nothing received for "
                  + pingInterval.multipliedBy(silentPings + 1L).toSeconds()
                  + " s, "
                  + silentPings
                  + " pings unanswered");
      Unawaited.netty(ctx.channel().close());
      return;
    }
    Unawaited.netty(ctx.writeAndFlush(new DefaultHttp2PingFrame(++pings)));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    heard = true;
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      switch (message) {
        case Http2SettingsFrame frame -> owner.settings(frame.settings());
        case Http2GoAwayFrame frame -> goAway(frame);
        default -> {
          // Acknowledgements of PING and SETTINGS; the codec has dealt with them.
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void goAway(Http2GoAwayFrame frame) {
    Http2Error error = Http2Error.valueOf(frame.errorCode());
    String reason = "peer sent GOAWAY (" + (error == null ? frame.errorCode() : error) + ")";
    if (error != Http2Error.NO_ERROR && cause == null) {
      cause = new IOException(reason);
    }
    owner.goAway(reason);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
    if (failure instanceof Http2Exception) {
      // The codec says goodbye with the error's code and closes.
      cause =
          new IOException("HTTP/2 protocol error of the peer: " + failure.getMessage(), failure);
      return;
    }
    if (cause == null) {
      cause = failure;
    }
    Unawaited.netty(ctx.channel().close());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    stopProbing();
    Throwable why = closing ? null : cause;
    // Streams are told by the same event, some of them later in this turn.
    ctx.executor().execute(() -> owner.closed(why));
    ctx.fireChannelInactive();
  }

  private void stopProbing() {
    if (probe != null) {
      probe.cancel(false);
      probe = null;
    }
  }
}
