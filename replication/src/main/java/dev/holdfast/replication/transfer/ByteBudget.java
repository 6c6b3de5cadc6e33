package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.util.concurrent.Semaphore;

/** Bytes that may be in memory at a time; whoever wants more waits, in order of asking. */
final class ByteBudget {
  /** A semaphore counts up to 2^31: in these units to 2 TiB. */
  private static final int UNIT_BYTES = 1024;

  private final int unitsMax;
  private final Semaphore units;

  ByteBudget(long bytesMax) {
    this.unitsMax = Math.clamp(bytesMax / UNIT_BYTES, 1, Integer.MAX_VALUE);
    this.units = new Semaphore(unitsMax, true);
  }

  /**
   * Runs the work when there is room.
   *
   * @param bytes that it holds; what is larger than the whole budget runs alone
   * @throws BackupException CANCELLED when interrupted while waiting
   */
  void hold(long bytes, Runnable work) {
    int taken = Math.clamp(Math.ceilDiv(bytes, UNIT_BYTES), 1, unitsMax);
    try {
      units.acquire(taken);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while waiting for memory", e);
    }
    try {
      work.run();
    } finally {
      units.release(taken);
    }
  }
}
