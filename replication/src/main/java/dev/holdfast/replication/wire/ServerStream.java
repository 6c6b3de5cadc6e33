package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One stream of an upgraded connection on the server's side. Its state lives on the event loop. */
final class ServerStream extends ChannelInboundHandlerAdapter implements WireExchange {
  private final ContextInternal context;
  private final Handler<WireExchange> requests;
  private final BodyMemory.Share memory;
  private final Duration bodyStillMax;
  private final BodyBuffer<WireBody> body;
  private BodyMemory.@Nullable Claim claim;

  /** For when more comes than every request may bring; 0 = nothing has to be asked for. */
  private int unclaimedBytes;

  /** Runs while room is kept for a body that is still coming. */
  private @Nullable ScheduledFuture<?> watch;

  private @Nullable ChannelHandlerContext ctx;
  private @Nullable Promise<Void> room;
  private @Nullable StreamedAnswer streamed;
  private boolean begun;
  private boolean answered;
  private String method = "";
  private String path = "";
  private String query = "";
  private @Nullable String contentType;

  ServerStream(
      ContextInternal context,
      BodyMemory.Share memory,
      Duration bodyStillMax,
      Handler<WireExchange> requests) {
    this.context = context;
    this.memory = memory;
    this.bodyStillMax = bodyStillMax;
    this.body = new BodyBuffer<>(EARLY_BODY_BYTES_MAX, new WireBody.Storage(memory.buffers()));
    this.requests = requests;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext channel, Object message) {
    try {
      switch (message) {
        case Http2HeadersFrame head -> {
          if (!begun) {
            begin(channel, head.headers());
          }
          if (head.isEndStream()) {
            body.end();
          }
        }
        case Http2DataFrame data -> {
          if (!answered) {
            body.append(data.content());
          }
          if (data.isEndStream()) {
            body.end();
          } else if (unclaimedBytes > 0 && body.count() > EARLY_BODY_BYTES_MAX / 2) {
            claim(channel, unclaimedBytes);
          }
        }
        default -> {
          // window updates and unknown frames of this stream: nothing to do
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(ChannelHandlerContext channel, Http2Headers headers) {
    begun = true;
    if (headers.method() == null || headers.scheme() == null || headers.path() == null) {
      // The codec looks at what is there, not at what is missing (RFC 9113 §8.3.1).
      answered = true;
      Unawaited.netty(channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.PROTOCOL_ERROR)));
      return;
    }
    method = text(headers.method());
    String target = text(headers.path());
    int mark = target.indexOf('?');
    path = foldSlashes(mark < 0 ? target : target.substring(0, mark));
    query = mark < 0 ? "" : target.substring(mark + 1);
    CharSequence type = headers.get("content-type");
    contentType = type == null ? null : type.toString();
    context.emit(this, requests);
  }

  private static String text(@Nullable CharSequence value) {
    return value == null ? "" : value.toString();
  }

  /** Real clients form paths with two slashes, harmless everywhere (spec/protocols.md §1.3). */
  static String foldSlashes(String path) {
    StringBuilder folded = new StringBuilder(path.length() + 1).append('/');
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '/' || folded.charAt(folded.length() - 1) != '/') {
        folded.append(c);
      }
    }
    if (folded.length() > 1 && folded.charAt(folded.length() - 1) == '/') {
      folded.setLength(folded.length() - 1);
    }
    return folded.toString();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext channel, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      lost("request was cancelled by the peer (" + Http2Error.valueOf(reset.errorCode()) + ")");
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext channel, Throwable failure) {
    lost("request broke: " + failure.getMessage());
    if (!(failure instanceof Http2Exception)) {
      Unawaited.netty(channel.close());
    }
    // Else the codec closes the stream, with the code of the error.
  }

  @Override
  public void channelInactive(ChannelHandlerContext channel) {
    lost("connection was lost");
  }

  private void lost(String reason) {
    BackupException failure = new BackupException(BackupException.Kind.CANCELLED, reason);
    body.fail(failure);
    if (room != null) {
      room.tryFail(failure);
    }
    if (streamed != null) {
      streamed.stop();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext channel) {
    if (streamed != null) {
      streamed.pump();
    }
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public String query() {
    return query;
  }

  @Override
  public @Nullable String contentType() {
    return contentType;
  }

  @Override
  public Future<WireBody> body(int announcedBytes, int limitBytes) {
    if (announcedBytes < 0 || announcedBytes > limitBytes) {
      throw new IllegalArgumentException(
          "announced " + announcedBytes + " bytes, limit " + limitBytes);
    }
    PromiseInternal<WireBody> promise = context.promise();
    onLoop(
        channel -> {
          body.expect(limitBytes, promise);
          if (announcedBytes > EARLY_BODY_BYTES_MAX) {
            claim(channel, announcedBytes);
          } else if (announcedBytes == 0 && limitBytes > EARLY_BODY_BYTES_MAX) {
            unclaimedBytes = limitBytes;
          }
        });
    return promise.future();
  }

  @Override
  public Future<Void> drain(int limitBytes) {
    PromiseInternal<WireBody> promise = context.promise();
    onLoop(
        channel -> {
          body.discard();
          body.expect(limitBytes, promise);
          Http2Pipeline.widen(channel, limitBytes);
        });
    return promise.future().mapEmpty();
  }

  @Override
  public Future<Void> room() {
    PromiseInternal<Void> promise = context.promise();
    onLoop(
        channel -> {
          room = promise;
          if (channel.channel().isActive()) {
            claim = memory.claim(StreamedAnswer.BLOCK_BYTES, promise::tryComplete);
          } else {
            lost("connection was lost");
          }
        });
    return promise.future();
  }

  /** Reads on when there is room for the body, and not before. */
  private void claim(ChannelHandlerContext channel, int bytes) {
    unclaimedBytes = 0;
    channel.channel().config().setAutoRead(false);
    claim = memory.claim(bytes, () -> onLoop(c -> letIn(c, bytes)));
    if (answered) {
      dropBody(channel);
      giveBack();
    }
  }

  private void letIn(ChannelHandlerContext channel, int bytes) {
    if (!answered && channel.channel().isActive()) {
      Http2Pipeline.widen(channel, bytes);
      channel.channel().config().setAutoRead(true);
      watch(channel);
    }
  }

  private void watch(ChannelHandlerContext channel) {
    int before = body.count();
    watch =
        channel
            .executor()
            .schedule(() -> look(channel, before), bodyStillMax.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(ChannelHandlerContext channel, int countBefore) {
    if (body.isOpen()) {
      if (body.count() > countBefore) {
        watch(channel);
      } else {
        body.fail(
            new BackupException(
                BackupException.Kind.CANCELLED,
                "no byte of the request's body came for " + bodyStillMax.toSeconds() + " s"));
      }
    }
  }

  /** With the answer, nobody needs the body any more; what is left of it is read and dropped. */
  private void dropBody(ChannelHandlerContext channel) {
    unclaimedBytes = 0;
    body.discard();
    channel.channel().config().setAutoRead(true);
  }

  private void giveBack() {
    if (watch != null) {
      watch.cancel(false);
    }
    BodyMemory.Claim held = claim;
    if (held != null) {
      held.release();
    }
  }

  @Override
  public void answer(int status, @Nullable String type, byte[] bytes) {
    onLoop(
        channel -> {
          boolean late = answered;
          answered = true;
          dropBody(channel);
          giveBack();
          if (late || !channel.channel().isActive()) {
            return;
          }
          Http2Headers headers = head(status, type).setInt("content-length", bytes.length);
          Unawaited.netty(channel.write(new DefaultHttp2HeadersFrame(headers, bytes.length == 0)));
          if (bytes.length > 0) {
            Unawaited.netty(
                channel.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), true)));
          }
          channel.flush();
        });
  }

  @Override
  public void stream(int status, String type, Executor workers, WireSource source) {
    onLoop(
        channel -> {
          boolean late = answered;
          answered = true;
          dropBody(channel);
          if (late || !channel.channel().isActive()) {
            source.close();
            giveBack();
            return;
          }
          StreamedAnswer blocks = new StreamedAnswer(channel, workers, source, this::giveBack);
          streamed = blocks;
          Http2Headers headers = head(status, type);
          if (source.bytes() != WireSource.UNKNOWN) {
            headers.setLong("content-length", source.bytes());
          }
          Unawaited.netty(channel.write(new DefaultHttp2HeadersFrame(headers, false)));
          blocks.pump();
        });
  }

  private static Http2Headers head(int status, @Nullable String type) {
    Http2Headers headers = new DefaultHttp2Headers().status(Integer.toString(status));
    return type == null ? headers : headers.set("content-type", type);
  }

  private void onLoop(Handler<ChannelHandlerContext> action) {
    ChannelHandlerContext channel = ctx;
    if (channel == null) {
      throw new IllegalStateException("stream without a channel");
    }
    if (channel.executor().inEventLoop()) {
      action.handle(channel);
    } else {
      channel.executor().execute(() -> action.handle(channel));
    }
  }
}
