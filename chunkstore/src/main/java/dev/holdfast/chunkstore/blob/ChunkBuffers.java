package dev.holdfast.chunkstore.blob;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;

/**
 * Arrays for chunks, used again. A fresh one of some megabytes is cleared by the JVM, then moved by
 * its collector while every other thread waits: a tenth of a backup's time (scripts/bench ingest).
 *
 * <p>Who takes an array owns it and may give it back, once, when nobody else can still see it. What
 * is not given back is collected as any other array. For all threads.
 */
public final class ChunkBuffers {
  /** Sixteen average chunks, as many as a transfer has under way. */
  public static final long KEPT_BYTES_DEFAULT = 64L << 20;

  /** So that most arrays fit the next chunk, too. */
  private static final int CAPACITY_MIN_DEFAULT = 1 << 20;

  private static final int CAPACITY_DOUBLED_MAX = DataBlob.CHUNK_PLAIN_BYTES_MAX;

  private final long keptBytesMax;
  private final int capacityMin;

  /** By capacity. */
  private final TreeMap<Integer, ArrayDeque<byte[]>> kept = new TreeMap<>();

  private long keptBytes;

  public ChunkBuffers() {
    this(KEPT_BYTES_DEFAULT, CAPACITY_MIN_DEFAULT);
  }

  /**
   * @param keptBytesMax capacity of the arrays that wait for their next use
   * @param capacityMin a power of two; capacities are powers of two from here on
   */
  public ChunkBuffers(long keptBytesMax, int capacityMin) {
    this.keptBytesMax = keptBytesMax;
    this.capacityMin = capacityMin;
  }

  /** An array of at least so many bytes; what it holds is left from its last use. */
  public byte[] take(int bytesMin) {
    synchronized (kept) {
      Map.Entry<Integer, ArrayDeque<byte[]>> fitting = kept.ceilingEntry(bytesMin);
      if (fitting != null) {
        byte[] buffer = fitting.getValue().remove();
        keptBytes -= buffer.length;
        if (fitting.getValue().isEmpty()) {
          kept.remove(fitting.getKey());
        }
        return buffer;
      }
    }
    return new byte[capacity(bytesMin)];
  }

  private int capacity(int bytesMin) {
    if (bytesMin > CAPACITY_DOUBLED_MAX) {
      return bytesMin;
    }
    int power = Integer.highestOneBit(Math.max(1, bytesMin - 1)) << 1;
    return Math.max(capacityMin, power);
  }

  /** The array is not the caller's any more. */
  public void give(byte[] buffer) {
    synchronized (kept) {
      if (keptBytes + buffer.length <= keptBytesMax) {
        kept.computeIfAbsent(buffer.length, capacity -> new ArrayDeque<>()).add(buffer);
        keptBytes += buffer.length;
      }
    }
  }
}
