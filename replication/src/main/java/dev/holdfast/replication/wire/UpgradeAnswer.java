package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the one HTTP/1.1 answer to an upgrade request. On 101 it has HTTP/2 put in place behind
 * itself and leaves, so that bytes read with the 101 (the server's SETTINGS) flow on to the new
 * codec; on anything else the body is the error.
 */
final class UpgradeAnswer extends ChannelInboundHandlerAdapter {
  static final String DECODER = "upgrade-answer-decoder";

  /** Error texts are a line or a page; more is cut off. */
  private static final int ERROR_BYTES_MAX = 64 * 1024;

  private final Consumer<ChannelHandlerContext> upgraded;
  private final Consumer<Throwable> failed;
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private @Nullable HttpResponse head;
  private boolean done;

  UpgradeAnswer(Consumer<ChannelHandlerContext> upgraded, Consumer<Throwable> failed) {
    this.upgraded = upgraded;
    this.failed = failed;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (done) {
        return;
      }
      if (message instanceof HttpResponse response) {
        if (response.decoderResult().isFailure()) {
          fail(
              new IOException(
                  "no HTTP answer to the upgrade request", response.decoderResult().cause()));
          return;
        }
        head = response;
        if (response.status().code() == 101) {
          swap(ctx);
          return;
        }
      }
      if (message instanceof HttpContent content) {
        append(content);
        if (content instanceof LastHttpContent) {
          finish();
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void swap(ChannelHandlerContext ctx) {
    done = true;
    upgraded.accept(ctx);
    ChannelPipeline pipeline = ctx.pipeline();
    // First this one, then the decoder, which hands its left-over bytes to what comes next by then.
    pipeline.remove(this);
    pipeline.remove(DECODER);
  }

  private void append(HttpContent content) {
    int room = ERROR_BYTES_MAX - text.size();
    int length = Math.min(room, content.content().readableBytes());
    if (length > 0) {
      byte[] bytes = new byte[length];
      content.content().getBytes(content.content().readerIndex(), bytes);
      text.write(bytes, 0, length);
    }
  }

  private void finish() {
    HttpResponse answer = head;
    if (answer == null || (answer.status().code() >= 100 && answer.status().code() < 200)) {
      // 100 Continue and the like: the answer is still to come.
      return;
    }
    BackupException refusal =
        answer.status().code() < 300
            ? BackupException.invalid(
                "server answered " + answer.status().code() + " to an upgrade, expected 101")
            : WireErrors.ofAnswer(answer.status().code(), text.toString(StandardCharsets.UTF_8));
    fail(refusal);
  }

  private void fail(Throwable failure) {
    done = true;
    failed.accept(failure);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
    if (!done) {
      fail(failure);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (!done) {
      fail(new IOException("connection closed before the answer to the upgrade request"));
    }
    ctx.fireChannelInactive();
  }
}
