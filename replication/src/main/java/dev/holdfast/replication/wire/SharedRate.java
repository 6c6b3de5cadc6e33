package dev.holdfast.replication.wire;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.traffic.GlobalTrafficShapingHandler;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * A limit that many connections share, in each direction for itself; counted on their sockets, with
 * TLS and all. Who goes too fast is not read from, or its answers wait: no thread does. Safe for
 * many threads.
 */
public final class SharedRate implements AutoCloseable {
  private static final String IN = "shared-rate-in";
  private static final String OUT = "shared-rate-out";

  /** Of a direction without a limit, which is counted all the same. */
  private static final long COUNTING_MILLIS = 1000;

  /** One record at the lowest rate that there is. */
  private static final long WAIT_MILLIS_MAX = 60_000;

  private final GlobalTrafficShapingHandler in;
  private final GlobalTrafficShapingHandler out;

  /**
   * @param in what this side may receive
   * @param out what it may send
   */
  public SharedRate(Vertx vertx, TransferRate in, TransferRate out) {
    ScheduledExecutorService timers = ((VertxInternal) vertx).nettyEventLoopGroup();
    this.in =
        new GlobalTrafficShapingHandler(
            timers, 0, in.bytesPerSecond(), interval(in), WAIT_MILLIS_MAX);
    this.out =
        new GlobalTrafficShapingHandler(
            timers, out.bytesPerSecond(), 0, interval(out), WAIT_MILLIS_MAX);
  }

  private static long interval(TransferRate rate) {
    return rate.bytesPerSecond() == 0 ? COUNTING_MILLIS : rate.intervalMillis();
  }

  /** Received per second, over the last interval that is complete. */
  public long inBytesPerSecond() {
    return in.trafficCounter().lastReadThroughput();
  }

  /** Sent per second, over the last interval that is complete. */
  public long outBytesPerSecond() {
    return out.trafficCounter().lastWriteThroughput();
  }

  /**
   * Moves a connection under a limit, or out of any. On its event loop.
   *
   * @param rate null = none
   */
  static void apply(ChannelPipeline pipeline, @Nullable SharedRate rate) {
    for (String name : new String[] {IN, OUT}) {
      if (pipeline.get(name) != null) {
        pipeline.remove(name); // sends what waits
      }
    }
    if (rate != null) {
      pipeline.addFirst(IN, rate.in);
      pipeline.addFirst(OUT, rate.out);
    }
  }

  /** After its last connection has left. */
  @Override
  public void close() {
    in.release();
    out.release();
  }
}
