package dev.holdfast.chunkstore.index;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Bytes of known length that are read from any position: an archive, or a file within one. */
public interface ByteSource {
  long bytes();

  /**
   * Reads some bytes, at least one. May fetch, so it blocks.
   *
   * @param position 0 or more
   * @return how many were read, which may be fewer than wanted; -1 at the end and behind it
   */
  int read(long position, byte[] target, int offset, int length) throws IOException;

  /**
   * Says that these bytes will be read soon, so that a source that fetches can begin to. Never
   * waits and never fails; a source may do nothing, or less.
   *
   * @param position 0 or more; what is behind the end does not count
   */
  default void expect(long position, long bytes) {}

  /** Reads exactly so many bytes; EOFException when the source has no more. */
  default byte[] read(long position, int length) throws IOException {
    byte[] target = new byte[length];
    int done = 0;
    while (done < length) {
      int got = read(position + done, target, done, length - done);
      if (got < 0) {
        throw new EOFException(
            "wanted " + length + " bytes at " + position + ", there are " + bytes());
      }
      done += got;
    }
    return target;
  }

  /** A part as a source of its own; the part must lie within this one. */
  default ByteSource slice(long start, long bytes) {
    Objects.checkFromIndexSize(start, bytes, bytes());
    ByteSource whole = this;
    return new ByteSource() {
      @Override
      public long bytes() {
        return bytes;
      }

      @Override
      public int read(long position, byte[] target, int offset, int length) throws IOException {
        if (position >= bytes) {
          return -1;
        }
        int wanted = (int) Math.min(length, bytes - position);
        return whole.read(start + position, target, offset, wanted);
      }

      @Override
      public void expect(long position, long expected) {
        if (position < bytes) {
          whole.expect(start + position, Math.min(expected, bytes - position));
        }
      }
    };
  }

  /** The bytes from {@code start} on as a stream; closing it does nothing. */
  default InputStream stream(long start) {
    return new ByteSourceStream(this, start);
  }

  /** All of the bytes, which nobody may change any more. */
  static ByteSource of(byte[] content) {
    return new ByteSource() {
      @Override
      public long bytes() {
        return content.length;
      }

      @Override
      public int read(long position, byte[] target, int offset, int length) {
        if (position >= content.length) {
          return -1;
        }
        int count = (int) Math.min(length, content.length - position);
        System.arraycopy(content, (int) position, target, offset, count);
        return count;
      }
    };
  }
}
