package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.blob.ChunkBuffers;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.Digest;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The content of an archive as one stream: chunks are fetched ahead, checked and decoded side by
 * side on a pool, and read in order. What is ahead is bounded in bytes of content and in number.
 * Every chunk's CRC, length and digest are checked before a byte of it is read.
 *
 * <p>Equal chunks that follow each other (zeros of an image) are fetched once. For one reading
 * thread. Errors are {@link BackupException}: CORRUPT_DATA names the digest.
 */
public final class ArchiveDownload extends InputStream {
  /** As real readers have it (spec/protocols.md §9: 16 to 20 in flight). */
  public static final int CHUNKS_AHEAD_DEFAULT = 16;

  public static final long BYTES_AHEAD_DEFAULT = 64L << 20;

  private final ChunkSource source;
  private final ChunkIndex index;
  private final ChunkDecoder decoder;
  private final Executor pool;
  private final int chunksAhead;
  private final long bytesAhead;
  private final String where;

  private final ArrayDeque<Ahead> ahead = new ArrayDeque<>();
  private long aheadBytes;
  private int nextChunk;
  private final ChunkBuffers buffers = new ChunkBuffers();
  private Content current = Content.NONE;
  private int at;
  private boolean closed;

  private record Ahead(Digest digest, int bytes, CompletableFuture<Content> plain) {}

  /** The first {@code length} bytes of an array of {@link #buffers}. */
  private static final class Content {
    static final Content NONE = new Content(new byte[0], 0);

    final byte[] bytes;
    final int length;

    Content(byte[] bytes, int length) {
      this.bytes = bytes;
      this.length = length;
    }
  }

  public ArchiveDownload(
      ChunkSource source, ChunkIndex index, BlobCodec codec, Executor pool, String where) {
    this(source, index, codec, pool, where, CHUNKS_AHEAD_DEFAULT, BYTES_AHEAD_DEFAULT);
  }

  /**
   * @param source must give all chunks of the index; a reader session that downloaded it does
   * @param codec opens the chunks; the other kind of chunks is refused
   * @param where for error texts: peer and archive
   * @param bytesAhead content under way at a time; one chunk always goes
   */
  public ArchiveDownload(
      ChunkSource source,
      ChunkIndex index,
      BlobCodec codec,
      Executor pool,
      String where,
      int chunksAhead,
      long bytesAhead) {
    this.source = source;
    this.index = index;
    this.decoder = new ChunkDecoder(codec, where);
    this.pool = pool;
    this.where = where;
    this.chunksAhead = chunksAhead;
    this.bytesAhead = bytesAhead;
  }

  @Override
  public int read() {
    return fill() ? current.bytes[at++] & 0xff : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, current.length - at);
    System.arraycopy(current.bytes, at, target, offset, count);
    at += count;
    return count;
  }

  @Override
  public int available() {
    return current.length - at;
  }

  /** Skips without fetching chunks that lie wholly inside of what is skipped. */
  @Override
  public long skip(long bytes) {
    long left = bytes;
    while (left > 0 && at < current.length) {
      int step = (int) Math.min(left, current.length - at);
      at += step;
      left -= step;
    }
    while (left > 0 && position() < index.chunkCount()) {
      int chunk = position();
      if (left < index.chunkBytes(chunk)) {
        if (!fill()) {
          break;
        }
        at += (int) left;
        left = 0;
      } else {
        left -= index.chunkBytes(chunk);
        drop();
      }
    }
    return bytes - left;
  }

  /** The chunk that the next {@link #fill} gives. */
  private int position() {
    return nextChunk - ahead.size();
  }

  private void drop() {
    Ahead head = ahead.poll();
    if (head == null) {
      nextChunk++;
    } else {
      aheadBytes -= head.bytes();
    }
  }

  /** Makes sure that a byte can be read; false at the end. */
  private boolean fill() {
    if (closed) {
      throw new BackupException(Kind.CANCELLED, where + " was closed");
    }
    while (at == current.length) {
      fetchAhead();
      Ahead head = ahead.poll();
      if (head == null) {
        return false;
      }
      aheadBytes -= head.bytes();
      Content next = await(head.plain());
      if (next != current) {
        // Else the same chunk again. Nobody reads the last one any more.
        giveBack();
        current = next;
      }
      at = 0;
    }
    return true;
  }

  private void giveBack() {
    if (current != Content.NONE) {
      buffers.give(current.bytes);
      current = Content.NONE;
    }
  }

  private void fetchAhead() {
    while (nextChunk < index.chunkCount() && ahead.size() < chunksAhead) {
      int bytes = index.chunkBytes(nextChunk);
      if (!ahead.isEmpty() && aheadBytes + bytes > bytesAhead) {
        return;
      }
      long offset = index.start(nextChunk);
      Digest digest = index.digest(nextChunk++);
      Ahead last = ahead.peekLast();
      CompletableFuture<Content> plain =
          last != null && last.digest().equals(digest)
              ? last.plain()
              : source
                  .chunkAsync(digest)
                  .thenApplyAsync(encoded -> decode(digest, offset, bytes, encoded), pool);
      ahead.add(new Ahead(digest, bytes, plain));
      aheadBytes += bytes;
    }
  }

  /** On the pool. */
  private Content decode(Digest digest, long offset, int bytes, byte[] encoded) {
    byte[] plain = buffers.take(bytes);
    decoder.decode(digest, offset, bytes, encoded, plain);
    return new Content(plain, bytes);
  }

  private Content await(CompletableFuture<Content> plain) {
    try {
      return plain.get();
    } catch (java.util.concurrent.ExecutionException e) {
      throw Blocking.unwrap(e, where);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while reading " + where, e);
    }
  }

  /** Forgets what is ahead; the source stays open. */
  @Override
  public void close() {
    closed = true;
    ahead.clear();
    aheadBytes = 0;
    current = Content.NONE;
    at = 0;
  }
}
