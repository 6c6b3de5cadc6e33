package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
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
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.PromiseInternal;
import java.io.EOFException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One stream of an upgraded connection on the server's side. Its state lives on the event loop. */
final class ServerStream extends ChannelInboundHandlerAdapter implements WireExchange {
  private static final Logger LOG = LoggerFactory.getLogger(ServerStream.class);

  private final ContextInternal context;
  private final Handler<WireExchange> requests;
  private final BodyMemory.Share memory;
  private final BodyBuffer<WireBody> body;
  private BodyMemory.@Nullable Claim claim;

  /** For when more comes than every request may bring; 0 = nothing has to be asked for. */
  private int unclaimedBytes;

  private @Nullable ChannelHandlerContext ctx;
  private @Nullable Promise<Void> room;
  private @Nullable StreamedAnswer streamed;
  private boolean begun;
  private boolean answered;
  private String method = "";
  private String path = "";
  private String query = "";
  private @Nullable String contentType;

  ServerStream(ContextInternal context, BodyMemory.Share memory, Handler<WireExchange> requests) {
    this.context = context;
    this.memory = memory;
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
      giveBack();
      channel.channel().config().setAutoRead(true);
    }
  }

  private void letIn(ChannelHandlerContext channel, int bytes) {
    if (!answered && channel.channel().isActive()) {
      Http2Pipeline.widen(channel, bytes);
      channel.channel().config().setAutoRead(true);
    }
  }

  /** With the answer, nobody needs the body any more; what is left of it is read and dropped. */
  private void dropBody(ChannelHandlerContext channel) {
    unclaimedBytes = 0;
    body.discard();
    channel.channel().config().setAutoRead(true);
  }

  private void giveBack() {
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

  /**
   * Pulls blocks from a source while the peer takes them: one read at a time, none while the stream
   * is full.
   */
  private static final class StreamedAnswer {
    /** Four frames; small enough that a slow peer holds little. */
    private static final int BLOCK_BYTES = 256 * 1024;

    private final ChannelHandlerContext channel;
    private final Executor workers;
    private final WireSource source;
    private final Runnable ended;
    private long bytes;
    private boolean reading;
    private boolean done;

    /**
     * @param ended runs once, when nothing more of the source is held
     */
    StreamedAnswer(
        ChannelHandlerContext channel, Executor workers, WireSource source, Runnable ended) {
      this.channel = channel;
      this.workers = workers;
      this.source = source;
      this.ended = ended;
    }

    void pump() {
      if (reading || done || !channel.channel().isWritable()) {
        return;
      }
      reading = true;
      try {
        workers.execute(this::read);
      } catch (RuntimeException e) {
        reading = false;
        broken(e);
      }
    }

    /** On a worker. */
    private void read() {
      byte[] block = new byte[BLOCK_BYTES];
      try {
        int length = source.read(block);
        channel.executor().execute(() -> haveRead(() -> write(block, length)));
      } catch (Exception | Error e) {
        channel.executor().execute(() -> haveRead(() -> broken(e)));
      }
    }

    private void haveRead(Runnable next) {
      reading = false;
      if (done) {
        source.close();
        ended.run();
      } else {
        next.run();
      }
    }

    private void write(byte[] block, int length) {
      long left = source.bytes() == WireSource.UNKNOWN ? Long.MAX_VALUE : source.bytes() - bytes;
      int some = (int) Math.min(left, Math.max(length, 0));
      bytes += some;
      if (length < 0 && bytes < source.bytes()) {
        broken(new EOFException("ended after " + bytes + " of " + source.bytes() + " bytes"));
        return;
      }
      boolean last = length < 0 || some == left;
      ChannelFuture written =
          channel.writeAndFlush(
              new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(block, 0, some), last));
      if (last) {
        done = true;
        source.close();
        Unawaited.netty(written.addListener(sent -> ended.run())); // held until the peer took it
      } else {
        Unawaited.netty(written);
        pump();
      }
    }

    private void broken(Throwable failure) {
      LOG.warn("answer broke off", failure);
      Unawaited.netty(channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR)));
      stop();
    }

    /** Closes the source, once nobody reads it. */
    void stop() {
      if (!done) {
        done = true;
        if (!reading) {
          source.close();
          ended.run();
        }
      }
    }
  }
}
