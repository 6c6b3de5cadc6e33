package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.error.BackupException;
import io.netty.channel.ChannelHandler;
import io.netty.handler.traffic.ChannelTrafficShapingHandler;
import org.jspecify.annotations.Nullable;

/**
 * How fast a session may go, in each direction for itself; counted on the socket, so that it is
 * what the line sees.
 *
 * @param bytesPerSecond on average, 0 = no limit
 * @param burstBytes what may go at once after a pause
 */
public record TransferRate(long bytesPerSecond, long burstBytes) {
  public static final TransferRate UNLIMITED = new TransferRate(0, 0);

  /** Below this, a session's own frames would wait for each other until it is taken for dead. */
  public static final long BYTES_PER_SECOND_MIN = 1024;

  private static final long MILLIS = 1000;

  /** A shorter one costs more timers than it smooths. */
  private static final long INTERVAL_MILLIS_MIN = 50;

  private static final long INTERVAL_MILLIS_MAX = 60_000;

  public TransferRate {
    if (bytesPerSecond != 0 && bytesPerSecond < BYTES_PER_SECOND_MIN) {
      throw BackupException.invalid(
          "a rate of "
              + bytesPerSecond
              + " bytes per second, expected at least "
              + BYTES_PER_SECOND_MIN);
    }
  }

  /** As much at once as in a second. */
  public static TransferRate of(long bytesPerSecond) {
    return new TransferRate(bytesPerSecond, bytesPerSecond);
  }

  /** Of one connection; null for no limit. */
  @Nullable ChannelHandler shaper() {
    if (bytesPerSecond == 0) {
      return null;
    }
    return new ChannelTrafficShapingHandler(bytesPerSecond, bytesPerSecond, intervalMillis());
  }

  /** What was not used within an interval is lost, which bounds what may go at once. */
  long intervalMillis() {
    double seconds = (double) burstBytes / bytesPerSecond;
    return (long) Math.clamp(seconds * MILLIS, INTERVAL_MILLIS_MIN, INTERVAL_MILLIS_MAX);
  }
}
