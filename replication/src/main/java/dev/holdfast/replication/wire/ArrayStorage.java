package dev.holdfast.replication.wire;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** A body in one array, which grows; the whole has its exact length and is the receiver's. */
final class ArrayStorage implements BodyBuffer.Storage<byte[]> {
  private static final byte[] NONE = new byte[0];
  private static final int CAPACITY_MIN = 1024;

  private byte[] bytes = NONE;
  private int count;

  /** Makes room at once for so many bytes altogether. */
  void reserve(int capacity) {
    if (capacity > bytes.length) {
      bytes = Arrays.copyOf(bytes, capacity);
    }
  }

  @Override
  public void add(ByteBuf data) {
    int length = data.readableBytes();
    if (count + length > bytes.length) {
      int doubled = Math.clamp(2L * bytes.length, CAPACITY_MIN, Integer.MAX_VALUE - 8);
      reserve(Math.max(count + length, doubled));
    }
    data.readBytes(bytes, count, length);
    count += length;
  }

  @Override
  public byte[] whole() {
    byte[] whole = count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
    drop();
    return whole;
  }

  @Override
  public void drop() {
    bytes = NONE;
    count = 0;
  }
}
