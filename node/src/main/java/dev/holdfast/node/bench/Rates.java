package dev.holdfast.node.bench;

/** Bytes and nanoseconds to the units of a report. */
public final class Rates {
  public static final String MEBIBYTES_PER_SECOND = "MiB/s";
  public static final String SECONDS = "s";
  public static final String MEGABYTES = "MB";

  private Rates() {}

  public static double mebibytesPerSecond(long bytes, long nanoseconds) {
    return bytes / (double) (1 << 20) / seconds(nanoseconds);
  }

  public static double seconds(long nanoseconds) {
    return nanoseconds / 1e9;
  }
}
