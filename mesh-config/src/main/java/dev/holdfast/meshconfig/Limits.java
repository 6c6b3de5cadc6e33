package dev.holdfast.meshconfig;

import java.util.OptionalLong;

/**
 * Bounds of what replication may take from this node.
 *
 * @param rateInBytesPerSecond from all peers together; absent = no limit
 * @param rateOutBytesPerSecond to all peers together; absent = no limit
 * @param parallelGroups groups that one sync transfers at the same time
 * @param bufferBytes chunks that all sessions together hold in memory
 */
public record Limits(
    OptionalLong rateInBytesPerSecond,
    OptionalLong rateOutBytesPerSecond,
    int parallelGroups,
    long bufferBytes) {
  public static final int PARALLEL_GROUPS_DEFAULT = 4;

  /** What PBS allows for its worker-threads (spec/engine.md §5.1). */
  public static final int PARALLEL_GROUPS_MAX = 32;

  /** Eight sessions with a full connection window of 32 MiB each (design §4). */
  public static final long BUFFER_BYTES_DEFAULT = 256L << 20;

  /** Two full windows: less would stall a single session. */
  public static final long BUFFER_BYTES_MIN = 64L << 20;

  public static final long BUFFER_BYTES_MAX = 64L << 30;

  /** A slower line than this cannot finish one chunk within the time-outs. */
  public static final long RATE_BYTES_MIN = 10_000;

  public static final Limits DEFAULT =
      new Limits(
          OptionalLong.empty(),
          OptionalLong.empty(),
          PARALLEL_GROUPS_DEFAULT,
          BUFFER_BYTES_DEFAULT);
}
