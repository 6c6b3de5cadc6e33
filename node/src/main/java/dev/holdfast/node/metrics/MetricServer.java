package dev.holdfast.node.metrics;

import java.time.Duration;
import java.util.List;

/** Takes figures. Any thread; blocks for a few seconds at most. */
public sealed interface MetricServer permits InfluxHttp, InfluxUdp {
  /** For one exchange. */
  Duration TIME_MAX = Duration.ofSeconds(5);

  /** Whether it is there: throws PEER_UNREACHABLE when it is not, as far as that can be told. */
  void probe();

  /**
   * Sends all of it, in several parts if there is much.
   *
   * @param lines of {@link InfluxLines}
   */
  void send(List<String> lines);
}
