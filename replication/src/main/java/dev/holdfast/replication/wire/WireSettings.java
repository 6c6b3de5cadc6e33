package dev.holdfast.replication.wire;

import java.time.Duration;

/**
 * What one end of an upgraded connection announces and grants. All of it is explicit, because
 * HTTP/2's own defaults (windows of 65,535 bytes) cost 40 % on loopback and carry 0.44 MB/s per
 * stream over 150 ms.
 *
 * @param frameBytesMax largest DATA frame we take. 64 KiB: Netty passes on whole frames only, and
 *     larger ones measured slower
 * @param streamWindowBytes what a peer may have in flight on one stream
 * @param connectionWindowBytes what a peer may have in flight on the connection; over a line with
 *     50 ms of round trip 32 MiB carry 640 MiB/s
 * @param concurrentStreamsMax requests a peer may have open. As an answer is sent only when a chunk
 *     is stored, this bounds what one session holds in memory
 * @param headerListBytesMax largest request head of a stream
 * @param pingInterval how often a silent connection is probed; {@link #SILENT_PINGS_MAX} probes
 *     without a byte in return end it
 * @param bodyStillMax how long no byte may come of a body for which room is kept, since others wait
 *     for that; then its request fails
 */
public record WireSettings(
    int frameBytesMax,
    int streamWindowBytes,
    int connectionWindowBytes,
    int concurrentStreamsMax,
    int headerListBytesMax,
    Duration pingInterval,
    Duration bodyStillMax) {
  /**
   * One silent interval may be a full send buffer on a slow line; two in a row are a dead peer
   * (spec/protocols.md §4.6: without a probe, a stalled client would hold its group's lock).
   */
  public static final int SILENT_PINGS_MAX = 2;

  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;

  /** For sessions that are written to: 16 streams are at most 16 chunks held. */
  public static final WireSettings DEFAULT =
      new WireSettings(
          64 * KIB, 8 * MIB, 32 * MIB, 16, 64 * KIB, Duration.ofMinutes(1), Duration.ofMinutes(2));

  /**
   * For sessions that are read from: pulls have 20 and more requests in flight, whose answers, not
   * whose bodies, are large. 200 is what real servers announce (spec/protocols.md §4.2).
   */
  public static final WireSettings READER = DEFAULT.withConcurrentStreamsMax(200);

  public WireSettings {
    // RFC 9113 §6.5.2: frames of 2^14 … 2^24-1 bytes, windows of up to 2^31-1.
    require(frameBytesMax >= 16 * KIB && frameBytesMax < 16 * MIB, "frameBytesMax");
    require(streamWindowBytes >= 65_535, "streamWindowBytes");
    require(connectionWindowBytes >= 65_535, "connectionWindowBytes");
    require(concurrentStreamsMax >= 1, "concurrentStreamsMax");
    require(headerListBytesMax >= 16 * KIB, "headerListBytesMax");
    require(pingInterval.toMillis() > 0, "pingInterval");
    require(bodyStillMax.toMillis() > 0, "bodyStillMax");
  }

  public WireSettings withConcurrentStreamsMax(int streams) {
    return new WireSettings(
        frameBytesMax,
        streamWindowBytes,
        connectionWindowBytes,
        streams,
        headerListBytesMax,
        pingInterval,
        bodyStillMax);
  }

  public WireSettings withPingInterval(Duration interval) {
    return new WireSettings(
        frameBytesMax,
        streamWindowBytes,
        connectionWindowBytes,
        concurrentStreamsMax,
        headerListBytesMax,
        interval,
        bodyStillMax);
  }

  public WireSettings withBodyStillMax(Duration still) {
    return new WireSettings(
        frameBytesMax,
        streamWindowBytes,
        connectionWindowBytes,
        concurrentStreamsMax,
        headerListBytesMax,
        pingInterval,
        still);
  }

  private static void require(boolean holds, String name) {
    if (!holds) {
      throw new IllegalArgumentException(name + " out of range");
    }
  }
}
