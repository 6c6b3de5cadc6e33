package dev.holdfast.replication.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import java.nio.charset.StandardCharsets;

/**
 * Puts HTTP/2 into the pipeline of a connection that was upgraded, before Vert.x's last handler,
 * which stays: it keeps the close hooks and the shutdown.
 *
 * <p>Pipeline afterwards: {@code ssl → h2 codec → multiplexer → link → handler}. Each stream is a
 * child channel.
 */
final class Http2Pipeline {
  /** Vert.x's name for its last handler. */
  static final String VERTX_HANDLER = "handler";

  /** What every connection's window is at first (RFC 9113 §6.9.2). */
  private static final int WINDOW_BYTES_INITIAL = 65_535;

  private Http2Pipeline() {}

  /** Called on the event loop; the codec writes its preface and SETTINGS at once. */
  static void install(
      Channel channel,
      boolean server,
      WireSettings settings,
      ChannelHandler inboundStream,
      ConnectionLink link) {
    Http2Settings announced =
        new Http2Settings()
            .initialWindowSize(settings.streamWindowBytes())
            .maxFrameSize(settings.frameBytesMax())
            .maxHeaderListSize(settings.headerListBytesMax());
    if (server) {
      announced.maxConcurrentStreams(settings.concurrentStreamsMax());
    } else {
      announced.pushEnabled(false);
    }
    Http2FrameCodecBuilder builder =
        server ? Http2FrameCodecBuilder.forServer() : Http2FrameCodecBuilder.forClient();
    Http2FrameCodec codec =
        builder
            .initialSettings(announced)
            .autoAckSettingsFrame(true)
            .autoAckPingFrame(true)
            // A close is a close: sessions end by dropping the connection (spec/protocols.md §4.6).
            .gracefulShutdownTimeoutMillis(0)
            .build();
    // The codec answers a protocol error with a GOAWAY of its own and tells nobody.
    codec
        .connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onGoAwaySent(int lastStreamId, long errorCode, ByteBuf debugData) {
                link.goAwaySent(errorCode, debugData.toString(StandardCharsets.UTF_8));
              }
            });
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addBefore(VERTX_HANDLER, "h2", codec);
    pipeline.addBefore(VERTX_HANDLER, "h2-streams", new Http2MultiplexHandler(inboundStream));
    pipeline.addBefore(VERTX_HANDLER, "h2-link", link);
    growConnectionWindow(codec, settings.connectionWindowBytes() - WINDOW_BYTES_INITIAL);
    channel.flush();
  }

  /**
   * Through the local flow controller, after the SETTINGS were written. A window frame of our own
   * written before them doubles the increment.
   */
  private static void growConnectionWindow(Http2FrameCodec codec, int deltaBytes) {
    Http2Connection connection = codec.connection();
    try {
      connection
          .local()
          .flowController()
          .incrementWindowSize(connection.connectionStream(), deltaBytes);
    } catch (Http2Exception e) {
      throw new IllegalStateException("window increment of " + deltaBytes + " bytes", e);
    }
  }
}
