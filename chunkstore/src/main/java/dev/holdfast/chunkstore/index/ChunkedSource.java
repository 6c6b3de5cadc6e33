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
 * up to a number of bytes; one that several threads ask for is fetched once. Safe for any number of
 * threads, and none waits for a chunk that it does not want.
 */
public final class ChunkedSource implements ByteSource {
  /** Four of the largest chunks: a directory, its table, and the files of both streams. */
  public static final long CACHE_BYTES_DEFAULT = 64L << 20;

  private final ChunkIndex index;
  private final PlainChunks chunks;
  private final long cacheBytesMax;

  private final ReentrantLock lock = new ReentrantLock();
  // Guarded by the lock: the chunk used last is the last entry.
  private final LinkedHashMap<Integer, CompletableFuture<byte[]>> cache =
      new LinkedHashMap<>(16, 0.75f, true);
  private long cacheBytes;

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
    CompletableFuture<byte[]> mine = new CompletableFuture<>();
    CompletableFuture<byte[]> others = enter(number, mine);
    if (others != null) {
      return await(others);
    }
    try {
      byte[] plain =
          chunks.plain(index.digest(number), index.start(number), index.chunkBytes(number));
      mine.complete(plain);
      return plain;
    } catch (IOException | RuntimeException e) {
      leave(number, mine); // the next one who asks tries again
      mine.completeExceptionally(e);
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
  private @Nullable CompletableFuture<byte[]> enter(int number, CompletableFuture<byte[]> mine) {
    lock.lock();
    try {
      CompletableFuture<byte[]> others = cache.get(number);
      if (others == null) {
        cache.put(number, mine);
        cacheBytes += index.chunkBytes(number);
        evict();
      }
      return others;
    } finally {
      lock.unlock();
    }
  }

  private void evict() {
    var oldest = cache.entrySet().iterator();
    while (cacheBytes > cacheBytesMax && cache.size() > 1) {
      Map.Entry<Integer, CompletableFuture<byte[]>> gone = oldest.next();
      cacheBytes -= index.chunkBytes(gone.getKey());
      oldest.remove();
    }
  }

  private void leave(int number, CompletableFuture<byte[]> mine) {
    lock.lock();
    try {
      if (cache.remove(number, mine)) {
        cacheBytes -= index.chunkBytes(number);
      }
    } finally {
      lock.unlock();
    }
  }
}
