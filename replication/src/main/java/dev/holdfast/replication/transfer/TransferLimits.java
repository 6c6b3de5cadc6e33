package dev.holdfast.replication.transfer;

import dev.holdfast.meshconfig.Limits;

/**
 * What one run may have under way at the same time.
 *
 * @param parallelGroups groups transferred side by side, from 1
 * @param chunksInFlight requests for chunks under way per group, from 1; at most what sessions
 *     allow (16 streams)
 * @param bytesInFlight encoded bytes of chunks under way in the whole run
 */
public record TransferLimits(int parallelGroups, int chunksInFlight, long bytesInFlight) {
  /** As many streams as a session of ours has (design §4). */
  private static final int CHUNKS_IN_FLIGHT = 16;

  /** Two full connection windows. */
  private static final long BYTES_IN_FLIGHT = 64L << 20;

  public static final TransferLimits DEFAULT =
      new TransferLimits(Limits.PARALLEL_GROUPS_DEFAULT, CHUNKS_IN_FLIGHT, BYTES_IN_FLIGHT);

  public TransferLimits {
    if (parallelGroups < 1 || chunksInFlight < 1 || bytesInFlight < 1) {
      throw new IllegalArgumentException("limits start at 1");
    }
  }

  public TransferLimits withParallelGroups(int count) {
    return new TransferLimits(count, chunksInFlight, bytesInFlight);
  }
}
