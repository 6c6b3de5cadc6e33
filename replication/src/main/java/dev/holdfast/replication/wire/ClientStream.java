package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/** One request of a client's session and its answer. Lives on the event loop. */
final class ClientStream extends ChannelInboundHandlerAdapter {
  private static final byte[] NONE = new byte[0];

  private final String peer;
  private final String method;
  private final String pathAndQuery;
  private final @Nullable String contentType;
  private final int offset;
  private final int length;
  private final int answerBytesMax;
  private final Promise<WireResponse> promise;
  private final ArrayStorage stored = new ArrayStorage();
  private final BodyBuffer<byte[]> answer;
  private byte[] body;
  private int status;
  private @Nullable String answerType;

  ClientStream(
      String peer,
      String method,
      String pathAndQuery,
      @Nullable String contentType,
      byte[] body,
      int offset,
      int length,
      int answerBytesMax,
      Promise<WireResponse> promise) {
    this.peer = peer;
    this.method = method;
    this.pathAndQuery = pathAndQuery;
    this.contentType = contentType;
    this.body = body;
    this.offset = offset;
    this.length = length;
    this.answerBytesMax = answerBytesMax;
    this.promise = promise;
    this.answer = new BodyBuffer<>(answerBytesMax, stored);
  }

  void fail(BackupException failure) {
    promise.tryFail(failure);
  }

  void send(Http2StreamChannel stream) {
    Http2Headers headers =
        new DefaultHttp2Headers().method(method).scheme("https").authority(peer).path(pathAndQuery);
    if (contentType != null) {
      headers.set("content-type", contentType);
    }
    Unawaited.netty(
        stream.write(new DefaultHttp2HeadersFrame(headers, length == 0)).addListener(this::sent));
    if (length > 0) {
      Unawaited.netty(
          stream
              .write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body, offset, length), true))
              .addListener(this::sent));
    }
    body = NONE;
    stream.flush();
  }

  private void sent(io.netty.util.concurrent.Future<? super Void> written) {
    // An answer that came before the body's end (an early error) stands.
    if (!written.isSuccess()) {
      fail(WireErrors.ofFailure(peer, written.cause()));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      switch (message) {
        case Http2HeadersFrame head -> {
          if (status == 0) {
            begin(head.headers());
          }
          if (head.isEndStream()) {
            answer.end();
          }
        }
        case Http2DataFrame data -> {
          answer.append(data.content());
          if (data.isEndStream()) {
            answer.end();
          }
        }
        default -> {
          // window updates of this stream
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(Http2Headers headers) {
    CharSequence code = headers.status();
    int parsed = code == null ? 0 : parse(code);
    if (parsed >= 100 && parsed < 200) {
      return;
    }
    status = parsed;
    CharSequence type = headers.get("content-type");
    answerType = type == null ? null : type.toString();
    long announced = headers.getLong("content-length", 0L);
    Promise<byte[]> whole = Promise.promise();
    whole
        .future()
        .onComplete(
            bytes -> promise.tryComplete(new WireResponse(status, answerType, bytes)),
            failure -> fail(explain(failure)));
    answer.expect(answerBytesMax, whole);
    stored.reserve((int) Math.clamp(announced, 0L, answerBytesMax));
  }

  private static int parse(CharSequence code) {
    try {
      return Integer.parseInt(code, 0, code.length(), 10);
    } catch (NumberFormatException e) {
      return 500;
    }
  }

  private BackupException explain(Throwable failure) {
    if (WireExchange.isOverflow(failure)) {
      return BackupException.corrupt(
          peer
              + " answered "
              + method
              + " "
              + path()
              + " with more than "
              + answerBytesMax
              + " bytes");
    }
    return WireErrors.ofFailure(peer, failure);
  }

  /** Without the query, which may be long. */
  private String path() {
    int mark = pathAndQuery.indexOf('?');
    return mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      broken(
          "peer cancelled "
              + method
              + " "
              + path()
              + " ("
              + Http2Error.valueOf(reset.errorCode())
              + ")");
    }
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
    broken(String.valueOf(failure.getMessage()));
    Unawaited.netty(ctx.close());
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    broken("connection was lost during " + method + " " + path());
  }

  private void broken(String reason) {
    BackupException failure =
        new BackupException(Kind.PEER_UNREACHABLE, peer + ": " + reason).with("peer", peer);
    answer.fail(failure);
    // Also when no answer had begun; without effect when it was complete.
    fail(failure);
  }
}
