package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What may be under way at a time: whoever enters waits until there is room, so that memory and
 * line are filled and not overfilled. Uploads that share the memory share a window; each may have
 * one of its own within it. Into an empty window a chunk of any size goes.
 */
public final class ChunkWindow {
  /** Sixteen average chunks: as many as a server of ours takes at a time. */
  public static final long BYTES_DEFAULT = 64L << 20;

  private final int chunksMax;
  private final long bytesMax;
  private final @Nullable ChunkWindow around;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition left = lock.newCondition();
  private int chunks;
  private long bytes;

  private ChunkWindow(int chunksMax, long bytesMax, @Nullable ChunkWindow around) {
    if (chunksMax < 1 || bytesMax < 1) {
      throw new IllegalArgumentException("a window starts at 1");
    }
    this.chunksMax = chunksMax;
    this.bytesMax = bytesMax;
    this.around = around;
  }

  public static ChunkWindow ofBytes(long bytesMax) {
    return new ChunkWindow(Integer.MAX_VALUE, bytesMax, null);
  }

  /** One within this, for at most so many chunks. */
  public ChunkWindow ofChunks(int chunksMax) {
    return new ChunkWindow(chunksMax, Long.MAX_VALUE, this);
  }

  /**
   * Waits for room.
   *
   * @throws BackupException CANCELLED when this thread was interrupted, which stays interrupted;
   *     nothing was entered then
   */
  void enter(int chunkBytes) {
    try {
      lock.lockInterruptibly();
      try {
        while (chunks > 0 && (chunks >= chunksMax || bytes + chunkBytes > bytesMax)) {
          left.await();
        }
        chunks++;
        bytes += chunkBytes;
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    if (around != null) {
      enterAround(around, chunkBytes);
    }
  }

  private void enterAround(ChunkWindow outer, int chunkBytes) {
    try {
      outer.enter(chunkBytes);
    } catch (RuntimeException e) {
      leaveThis(chunkBytes);
      throw e;
    }
  }

  /** Exactly once for each time that something entered; from any thread. */
  void leave(int chunkBytes) {
    if (around != null) {
      around.leave(chunkBytes);
    }
    leaveThis(chunkBytes);
  }

  private void leaveThis(int chunkBytes) {
    lock.lock();
    try {
      chunks--;
      bytes -= chunkBytes;
      left.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until nothing is in any more.
   *
   * @throws BackupException CANCELLED when this thread was interrupted, which stays interrupted
   */
  void awaitEmpty() {
    try {
      lock.lockInterruptibly();
      try {
        while (chunks > 0) {
          left.await();
        }
      } finally {
        lock.unlock();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static BackupException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new BackupException(Kind.CANCELLED, "interrupted while waiting for other chunks", cause);
  }

  /** Chunks that are in now. */
  public int chunks() {
    lock.lock();
    try {
      return chunks;
    } finally {
      lock.unlock();
    }
  }
}
