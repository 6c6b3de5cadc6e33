package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.buffer.ByteBuf;
import io.vertx.core.Promise;
import org.jspecify.annotations.Nullable;

/**
 * The DATA of one stream as it comes: each frame is copied at once, so that Netty's buffer is free
 * again and the window is returned. Lives on the connection's event loop.
 *
 * @param <B> the whole
 */
final class BodyBuffer<B> {
  /** Where the bytes are until they are whole. */
  interface Storage<B> {
    /** Takes all that is readable. */
    void add(ByteBuf data);

    /** What was added so far; called once, at its end. */
    B whole();

    /** Nobody wants it any more. */
    void drop();
  }

  private final Storage<B> storage;
  private int limitBytes;
  private int count;
  private boolean kept = true;
  private boolean ended;
  private @Nullable BackupException failure;
  private @Nullable Promise<B> waiting;

  /**
   * @param limitBytes holds until {@link #expect} sets another
   */
  BodyBuffer(int limitBytes, Storage<B> storage) {
    this.limitBytes = limitBytes;
    this.storage = storage;
  }

  /** Says who waits for it; called at most once. */
  void expect(int limit, Promise<B> promise) {
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

  /** Nobody needs what came, nor what comes: that is counted. */
  void discard() {
    kept = false;
    storage.drop();
  }

  /** Bytes so far. */
  int count() {
    return count;
  }

  /** Whether more may come that somebody waits for. */
  boolean isOpen() {
    return !ended && failure == null && kept;
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
    count += length;
    if (kept) {
      storage.add(data);
    }
  }

  void end() {
    ended = true;
    settle();
  }

  /** The stream broke; without effect after its end. */
  void fail(BackupException cause) {
    if (!ended && failure == null) {
      failure = cause;
      storage.drop();
      settle();
    }
  }

  private void overflow() {
    storage.drop();
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
      waiting.tryComplete(storage.whole());
    }
  }
}
