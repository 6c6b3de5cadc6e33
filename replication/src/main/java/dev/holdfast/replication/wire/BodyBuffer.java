package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Promise;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects the DATA of one stream: each frame is copied at once, so that Netty's buffer is free
 * again and the window is returned. Lives on the connection's event loop.
 */
final class BodyBuffer {
  private static final byte[] NONE = new byte[0];

  private int limitBytes;
  private byte[] bytes = NONE;
  private int count;
  private boolean kept = true;
  private boolean ended;
  private @Nullable BackupException failure;
  private @Nullable Promise<byte[]> waiting;

  /**
   * @param limitBytes holds until {@link #expect} sets another
   */
  BodyBuffer(int limitBytes) {
    this.limitBytes = limitBytes;
  }

  /** Says who waits for it; called at most once. */
  void expect(int limit, Promise<byte[]> promise) {
    if (waiting != null) {
      throw new IllegalStateException("the body was asked for already");
    }
    waiting = promise;
    limitBytes = limit;
    if (failure == null && count > limit) {
      overflow();
    }
    settle();
  }

  /** Makes room at once for so many bytes, as far as they may come. */
  void announced(int announcedBytes) {
    if (failure == null && !ended) {
      grow(Math.min(announcedBytes, limitBytes));
    }
  }

  /** Counts from here on what comes, without keeping it: the whole will be empty. */
  void countOnly() {
    kept = false;
    bytes = NONE;
  }

  /** Bytes so far. */
  int count() {
    return count;
  }

  void append(ByteBuf data) {
    int length = data.readableBytes();
    if (failure != null || length == 0) {
      return;
    }
    if (length > limitBytes - count) {
      overflow();
      settle();
      return;
    }
    if (!kept) {
      count += length;
      return;
    }
    if (count + length > bytes.length) {
      int doubled = (int) Math.min(limitBytes, Math.max(1024L, 2L * bytes.length));
      grow(Math.max(count + length, doubled));
    }
    data.readBytes(bytes, count, length);
    count += length;
  }

  void end() {
    ended = true;
    settle();
  }

  /** The stream broke; without effect after its end. */
  void fail(BackupException cause) {
    if (!ended && failure == null) {
      failure = cause;
      bytes = NONE;
      settle();
    }
  }

  private void overflow() {
    bytes = NONE;
    failure =
        BackupException.invalid("body has more than " + limitBytes + " bytes")
            .with(WireExchange.OVERFLOW, limitBytes);
  }

  private void settle() {
    if (waiting == null) {
      return;
    }
    if (failure != null) {
      waiting.tryFail(failure);
    } else if (ended) {
      byte[] whole = !kept || count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
      bytes = NONE;
      waiting.tryComplete(whole);
    }
  }

  private void grow(int capacity) {
    if (capacity > bytes.length) {
      bytes = Arrays.copyOf(bytes, capacity);
    }
  }
}
