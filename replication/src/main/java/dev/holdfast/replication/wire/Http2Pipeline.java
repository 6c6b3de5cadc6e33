package dev.holdfast.replication.wire;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;

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

  /**
   * What may wait for the socket. Netty's own mark of 64 KiB is a single DATA frame, after which
   * the codec turned from writing to flushing and back; see scripts/bench ingest restore.
   */
  private static final WriteBufferWaterMark WRITE_MARKS_BYTES =
      new WriteBufferWaterMark(256 * 1024, 1024 * 1024);

  /**
   * Of up to 64 KiB each, before it is the next connection's turn on the same event loop. With
   * Netty's 16, a loop whose connections all upload comes round so seldom that a REST call between
   * them waits; see scripts/bench load.
   */
  private static final int READS_PER_TURN_MAX = 4;

  /** Netty's own: a window is opened again when half of it is used. */
  private static final float WINDOW_UPDATE_RATIO = 0.5f;

  /** What a body that has room may have on the line: two of the usual chunks. */
  private static final int STREAM_WINDOW_BYTES_MAX = 8 << 20;

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
            .initialWindowSize(
                server ? WireExchange.EARLY_BODY_BYTES_MAX : settings.streamWindowBytes())
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
    if (server) {
      letStreamsWaitAlone(codec);
    }
    channel.config().setWriteBufferWaterMark(WRITE_MARKS_BYTES);
    if (server
        && channel.config().getRecvByteBufAllocator()
            instanceof MaxMessagesRecvByteBufAllocator reads) {
      reads.maxMessagesPerRead(READS_PER_TURN_MAX);
    }
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addBefore(VERTX_HANDLER, "h2", codec);
    pipeline.addBefore(VERTX_HANDLER, "h2-streams", new Http2MultiplexHandler(inboundStream));
    pipeline.addBefore(VERTX_HANDLER, "h2-link", link);
    growConnectionWindow(codec, settings.connectionWindowBytes());
    channel.flush();
  }

  /**
   * What arrived opens the connection's window again at once, though its stream may not be read
   * yet: else streams that wait for room would keep the others, which have it, from going on.
   */
  private static void letStreamsWaitAlone(Http2FrameCodec codec) {
    Http2Connection connection = codec.connection();
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(connection, WINDOW_UPDATE_RATIO, true)
                .frameWriter(codec.encoder().frameWriter()));
  }

  /**
   * Lets a peer send so much of one body without waiting for us, up to the stream's window that was
   * wanted. On the event loop.
   */
  static void widen(ChannelHandlerContext stream, int bytes) {
    Channel connection = stream.channel().parent();
    Http2FrameCodec codec = connection.pipeline().get(Http2FrameCodec.class);
    Http2Stream found =
        codec == null
            ? null
            : codec.connection().stream(((Http2StreamChannel) stream.channel()).stream().id());
    if (found == null) {
      return; // gone by now
    }
    Http2LocalFlowController flow = codec.connection().local().flowController();
    int delta = Math.min(bytes, STREAM_WINDOW_BYTES_MAX) - flow.initialWindowSize(found);
    if (delta > 0) {
      increment(flow, found, delta);
      var unused = connection.flush();
    }
  }

  /**
   * To the size wanted, through the local flow controller and after the SETTINGS were written: the
   * codec has by then grown it by itself, to twice the stream window.
   */
  private static void growConnectionWindow(Http2FrameCodec codec, int windowBytes) {
    Http2Connection connection = codec.connection();
    Http2Stream whole = connection.connectionStream();
    Http2LocalFlowController flow = connection.local().flowController();
    int delta = windowBytes - flow.initialWindowSize(whole);
    if (delta > 0) {
      increment(flow, whole, delta);
    }
  }

  private static void increment(Http2LocalFlowController flow, Http2Stream stream, int delta) {
    try {
      flow.incrementWindowSize(stream, delta);
    } catch (Http2Exception e) {
      throw new IllegalStateException("window increment of " + delta + " bytes", e);
    }
  }
}
