package dev.holdfast.replication.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.ArrayDeque;

/**
 * Keeps what a client sends behind an upgrade request out of the HTTP/1 decoder's hands: a client
 * may send the HTTP/2 preface and first requests in the same record as the request, or any time
 * before the 101 (spec/protocols.md §4.1), and the decoder would read them as a broken second
 * request.
 *
 * <p>On a request with an {@code Upgrade} header the decoder is replaced by a stand-in of its name
 * (Vert.x removes it by that name), which makes it hand over its left-over bytes; they and all
 * later ones wait here. They go to the HTTP/2 codec when this gate is removed, or to a fresh
 * decoder when the answer was not a 101.
 */
final class UpgradeGate extends ChannelDuplexHandler {
  static final String NAME = "upgrade-gate";

  /** Vert.x's name for its HTTP/1 decoder. */
  private static final String DECODER = "httpDecoder";

  /**
   * Reading stops here. A client in the dark about our windows may send 65,535 bytes of DATA and
   * some heads.
   */
  private static final int HELD_BYTES_MAX = 256 * 1024;

  private final HttpServerOptions options;
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();
  private int heldBytes;
  private boolean holding;

  UpgradeGate(HttpServerOptions options) {
    this.options = options;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (holding && message instanceof ByteBuf bytes) {
      hold(ctx, bytes);
      return;
    }
    if (message instanceof HttpRequest request
        && request.decoderResult().isSuccess()
        && request.headers().contains(HttpHeaderNames.UPGRADE)
        && !hasBody(request)) {
      holding = true;
      ctx.pipeline().replace(DECODER, DECODER, new ChannelInboundHandlerAdapter());
    }
    ctx.fireChannelRead(message);
  }

  private static boolean hasBody(HttpRequest request) {
    return request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
        || !"0".equals(request.headers().get(HttpHeaderNames.CONTENT_LENGTH, "0"));
  }

  private void hold(ChannelHandlerContext ctx, ByteBuf bytes) {
    held.add(bytes);
    heldBytes += bytes.readableBytes();
    if (heldBytes > HELD_BYTES_MAX) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  /** Sees the answers: one that ends here was not a 101, so HTTP/1 goes on. */
  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    boolean refused = holding && message instanceof LastHttpContent;
    // The promise, which may be a void one, tells the outcome.
    var unused = ctx.write(message, promise);
    if (refused) {
      ctx.executor().execute(() -> resume(ctx));
    }
  }

  private void resume(ChannelHandlerContext ctx) {
    ChannelPipeline pipeline = ctx.pipeline();
    if (!holding || ctx.isRemoved() || pipeline.get(DECODER) == null) {
      return;
    }
    holding = false;
    pipeline.replace(DECODER, DECODER, new VertxHttpRequestDecoder(options));
    ByteBuf waiting = takeHeld(ctx);
    if (waiting.isReadable()) {
      // As if they came from the socket only now; an upgrade request among them is held anew.
      ChannelHandlerContext before = pipeline.context(SslHandler.class);
      if (before == null) {
        pipeline.fireChannelRead(waiting).fireChannelReadComplete();
      } else {
        before.fireChannelRead(waiting).fireChannelReadComplete();
      }
    }
  }

  /** The swap to HTTP/2 is done: everything held goes to whoever comes next now. */
  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    ByteBuf waiting = takeHeld(ctx);
    if (waiting.isReadable()) {
      ctx.fireChannelRead(waiting).fireChannelReadComplete();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    takeHeld(ctx).release();
    ctx.fireChannelInactive();
  }

  private ByteBuf takeHeld(ChannelHandlerContext ctx) {
    ByteBuf all = Unpooled.wrappedBuffer(held.toArray(ByteBuf[]::new));
    held.clear();
    heldBytes = 0;
    ctx.channel().config().setAutoRead(true);
    return all;
  }
}
