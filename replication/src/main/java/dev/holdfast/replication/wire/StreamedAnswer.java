package dev.holdfast.replication.wire;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import java.io.EOFException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pulls blocks from a source while the peer takes them: one read at a time, none while the stream
 * is full. Lives on the connection's event loop; the source is read on workers.
 */
final class StreamedAnswer {
  private static final Logger LOG = LoggerFactory.getLogger(StreamedAnswer.class);

  /** Four frames; small enough that a slow peer holds little. */
  static final int BLOCK_BYTES = 256 * 1024;

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
      end();
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
        end();
      }
    }
  }

  private void end() {
    source.close();
    ended.run();
  }
}
