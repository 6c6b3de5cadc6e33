package dev.holdfast.chunkstore.index;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The content of an archive or image at any position, out of its chunks. Keeps the chunks used last
 * up to a number of bytes; one that several threads ask for is fetched once. What is expected is
 * fetched ahead, within bounds of its own. Safe for any number of threads, and none waits for a
 * chunk that it does not want.
 */
public final class ChunkedSource implements ByteSource {
  /** Four of the largest chunks: a directory, its table, and the files of both streams. */
  public static final long CACHE_BYTES_DEFAULT = 64L << 20;

  /** Of the bytes kept: what is ahead must not drive out what is being read. */
  private static final int AHEAD_PART = 2;

  /** Under way at a time, and not asked for yet: as many as servers answer side by side. */
  public static final int CHUNKS_AHEAD_MAX = 16;

  /** A chunk that was fetched or is being fetched. */
  private static final class Held {
    final CompletableFuture<byte[]> plain = new CompletableFuture<>();

    /** Fetched ahead, and nobody has asked for it. */
    boolean ahead;

    Held(boolean ahead) {
      this.ahead = ahead;
    }
  }

  private final ChunkIndex index;
  private final PlainChunks chunks;
  private final long cacheBytesMax;

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock: the chunk used last is the last entry.
  private final LinkedHashMap<Integer, Held> cache = new LinkedHashMap<>(16, 0.75f, true);
  private long cacheBytes;
  private long aheadBytes;
  private int aheadCount;

  public ChunkedSource(ChunkIndex index, PlainChunks chunks) {
    this(index, chunks, CACHE_BYTES_DEFAULT);
  }

  /**
   * @param cacheBytesMax plain bytes kept; the chunk used last always is
   */
  public ChunkedSource(ChunkIndex index, PlainChunks chunks, long cacheBytesMax) {
    this.index = index;
    this.chunks = chunks;
    this.cacheBytesMax = cacheBytesMax;
  }

  @Override
  public long bytes() {
    return index.contentBytes();
  }

  @Override
  public int read(long position, byte[] target, int offset, int length) throws IOException {
    if (position >= index.contentBytes()) {
      return -1;
    }
    int chunk = index.chunkAt(position);
    int at = (int) (position - index.start(chunk));
    int count = Math.min(length, index.chunkBytes(chunk) - at);
    System.arraycopy(chunk(chunk), at, target, offset, count);
    return count;
  }

  private byte[] chunk(int number) throws IOException {
    Held mine = new Held(false);
    Held others = enter(number, mine);
    if (others != null) {
      return await(others.plain);
    }
    try {
      byte[] plain =
          chunks.plain(index.digest(number), index.start(number), index.chunkBytes(number));
      mine.plain.complete(plain);
      return plain;
    } catch (IOException | RuntimeException e) {
      leave(number, mine); // the next one who asks tries again
      mine.plain.completeExceptionally(e);
      throw e;
    }
  }

  private static byte[] await(CompletableFuture<byte[]> chunk) throws IOException {
    try {
      return chunk.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      if (e.getCause() instanceof RuntimeException known) {
        throw known;
      }
      throw e;
    }
  }

  /** Null when the chunk is the caller's to fetch. */
  private @Nullable Held enter(int number, Held mine) {
    lock.lock();
    try {
      Held others = cache.get(number);
      if (others == null) {
        keep(number, mine);
      } else {
        noLongerAhead(number, others);
      }
      return others;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void expect(long position, long bytes) {
    if (position >= index.contentBytes() || bytes <= 0) {
      return;
    }
    long end = bytes > index.contentBytes() - position ? index.contentBytes() : position + bytes;
    int chunk = index.chunkAt(position);
    while (chunk < index.chunkCount() && index.start(chunk) < end && fetchAhead(chunk)) {
      chunk++;
    }
  }

  /** False when no more can be fetched ahead just now. */
  private boolean fetchAhead(int number) {
    Held mine = new Held(true);
    int bytes = index.chunkBytes(number);
    lock.lock();
    try {
      if (cache.containsKey(number)) {
        return true;
      }
      if (aheadCount >= CHUNKS_AHEAD_MAX || aheadBytes + bytes > cacheBytesMax / AHEAD_PART) {
        return false;
      }
      aheadCount++;
      aheadBytes += bytes;
      keep(number, mine);
    } finally {
      lock.unlock();
    }
    CompletableFuture<byte[]> begun =
        chunks.begin(index.digest(number), index.start(number), bytes);
    if (begun == null) {
      leave(number, mine);
      mine.plain.completeExceptionally(
          new IOException("chunk " + number + " was not fetched ahead"));
      return false;
    }
    var unused =
        begun.whenComplete(
            (plain, failure) -> {
              if (failure == null) {
                mine.plain.complete(plain);
              } else {
                leave(number, mine);
                mine.plain.completeExceptionally(
                    failure instanceof CompletionException e && e.getCause() != null
                        ? e.getCause()
                        : failure);
              }
            });
    return true;
  }

  private void keep(int number, Held chunk) {
    cache.put(number, chunk);
    cacheBytes += index.chunkBytes(number);
    var oldest = cache.entrySet().iterator();
    while (cacheBytes > cacheBytesMax && cache.size() > 1) {
      Map.Entry<Integer, Held> gone = oldest.next();
      oldest.remove();
      forgotten(gone.getKey(), gone.getValue());
    }
  }

  private void leave(int number, Held mine) {
    lock.lock();
    try {
      if (cache.remove(number, mine)) {
        forgotten(number, mine);
      }
    } finally {
      lock.unlock();
    }
  }

  private void forgotten(int number, Held chunk) {
    cacheBytes -= index.chunkBytes(number);
    noLongerAhead(number, chunk);
  }

  private void noLongerAhead(int number, Held chunk) {
    if (chunk.ahead) {
      chunk.ahead = false;
      aheadCount--;
      aheadBytes -= index.chunkBytes(number);
    }
  }
}
