package dev.holdfast.chunkstore.index;

import java.io.IOException;

/**
 * A file as it is read by programs, most of which go from its beginning to its end: who goes on
 * where the last read ended gets what follows fetched before it is asked for, the more the longer
 * it goes on. Who jumps gets nothing but what is asked for. Safe for any number of threads; several
 * readers of one file are followed in turns.
 */
public final class ReadAhead implements ByteSource {
  /** Fills a line of 100 MB/s whose round trip is 150 ms. */
  public static final long BYTES_AHEAD_MAX = 16L << 20;

  /** Ahead, for each byte that was read without a jump. */
  private static final int GROWTH = 4;

  /** A kernel's reads ahead overtake each other by so much, and are no jumps. */
  private static final long DISORDER_BYTES_MAX = 1 << 20;

  private final ByteSource source;
  private long end;
  private long run;

  public ReadAhead(ByteSource source) {
    this.source = source;
  }

  @Override
  public long bytes() {
    return source.bytes();
  }

  @Override
  public int read(long position, byte[] target, int offset, int length) throws IOException {
    long ahead = follow(position, Math.max(0, Math.min(length, bytes() - position)));
    if (ahead > 0) {
      source.expect(position, length + ahead);
    }
    return source.read(position, target, offset, length);
  }

  /** How many bytes behind this read are worth fetching. */
  private synchronized long follow(long position, long length) {
    boolean jumped = Math.abs(position - end) > DISORDER_BYTES_MAX || run == 0;
    long before = jumped ? 0 : run;
    run = before + length;
    end = jumped ? position + length : Math.max(end, position + length);
    return Math.min(GROWTH * before, BYTES_AHEAD_MAX);
  }

  @Override
  public void expect(long position, long bytes) {
    source.expect(position, bytes);
  }
}
