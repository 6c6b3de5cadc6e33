package dev.holdfast.chunkstore.index;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Reads a source forwards; skipping reads nothing. */
final class ByteSourceStream extends InputStream {
  private final ByteSource source;
  private long position;

  ByteSourceStream(ByteSource source, long position) {
    this.source = source;
    this.position = position;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    int got = source.read(position, target, offset, length);
    position += Math.max(got, 0);
    return got;
  }

  @Override
  public long skip(long bytes) {
    long skipped = Math.clamp(source.bytes() - position, 0, Math.max(bytes, 0));
    position += skipped;
    return skipped;
  }
}
