package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Gathers the bytes of items into blocks. A header makes room for what follows it. */
final class ItemOutput {
  /** Takes blocks in an array that is used again. */
  @FunctionalInterface
  interface Sink {
    void write(byte[] bytes, int offset, int length) throws IOException;
  }

  private static final int BUFFER_BYTES = 256 * 1024;

  /** Room for any item but a payload, a goodbye table and a prelude. */
  private static final int ITEM_BYTES_MAX = PxarFormat.HEADER_BYTES + PxarFormat.XATTR_BYTES_MAX;

  private final Sink sink;
  private final byte[] bytes;
  private final ByteBuffer buffer;
  private long flushed;

  ItemOutput(Sink sink) {
    this.sink = sink;
    this.bytes = new byte[BUFFER_BYTES];
    this.buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Where the next byte will stand. */
  long position() {
    return flushed + buffer.position();
  }

  void header(long type, long contentBytes) throws IOException {
    room(ITEM_BYTES_MAX);
    buffer.putLong(type).putLong(PxarFormat.HEADER_BYTES + contentBytes);
  }

  /** As {@link #header}, of an item whose content is given by {@link #copy} or is none. */
  void contentHeader(long type, long contentBytes) throws IOException {
    room(PxarFormat.HEADER_BYTES);
    buffer.putLong(type).putLong(PxarFormat.HEADER_BYTES + contentBytes);
  }

  ItemOutput number(long value) {
    buffer.putLong(value);
    return this;
  }

  ItemOutput small(int value) {
    buffer.putInt(value);
    return this;
  }

  void put(Bytes value) {
    value.copyTo(bytes, buffer.position());
    buffer.position(buffer.position() + value.length());
  }

  void terminated(Bytes text) {
    put(text);
    buffer.put((byte) 0);
  }

  /** Content of any size. */
  void raw(byte[] content) throws IOException {
    if (content.length <= buffer.remaining()) {
      buffer.put(content);
    } else {
      flush();
      sink.write(content, 0, content.length);
      flushed += content.length;
    }
  }

  /**
   * Exactly {@code size} bytes: what the content has more is left, what it lacks becomes zeros.
   *
   * @return bytes that came from the content
   */
  long copy(InputStream content, long size) throws IOException {
    long copied = 0;
    while (copied < size) {
      room(1);
      int part = (int) Math.min(size - copied, buffer.remaining());
      int got = content.read(bytes, buffer.position(), part);
      if (got < 0) {
        break;
      }
      buffer.position(buffer.position() + got);
      copied += got;
    }
    zeros(size - copied);
    return copied;
  }

  private void zeros(long count) throws IOException {
    long left = count;
    while (left > 0) {
      room(1);
      int part = (int) Math.min(left, buffer.remaining());
      Arrays.fill(bytes, buffer.position(), buffer.position() + part, (byte) 0);
      buffer.position(buffer.position() + part);
      left -= part;
    }
  }

  private void room(int wanted) throws IOException {
    if (buffer.remaining() < wanted) {
      flush();
    }
  }

  void flush() throws IOException {
    if (buffer.position() > 0) {
      sink.write(bytes, 0, buffer.position());
      flushed += buffer.position();
      buffer.clear();
    }
  }
}
