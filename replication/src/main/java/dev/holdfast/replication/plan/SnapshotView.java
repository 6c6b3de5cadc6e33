package dev.holdfast.replication.plan;

/**
 * A snapshot as one side lists it.
 *
 * @param time seconds since the epoch
 * @param finished false = listed without a size: a backup that is running or was cut off
 * @param isProtected nothing may change or remove it
 */
public record SnapshotView(long time, boolean finished, boolean isProtected, Listing listing) {
  public static SnapshotView finished(long time, Listing listing) {
    return new SnapshotView(time, true, false, listing);
  }

  public static SnapshotView unfinished(long time) {
    return new SnapshotView(time, false, false, Listing.NOTHING);
  }
}
