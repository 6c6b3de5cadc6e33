package dev.holdfast.replication.plan;

/**
 * A snapshot as one side lists it.
 *
 * @param time seconds since the epoch
 * @param finished false = listed without a size: a backup that is running or was cut off
 * @param isProtected nothing may change or remove it
 * @param isHeld nobody may remove it for a time, by the hold of its namespace
 */
public record SnapshotView(
    long time, boolean finished, boolean isProtected, boolean isHeld, Listing listing) {
  public static SnapshotView finished(long time, Listing listing) {
    return new SnapshotView(time, true, false, false, listing);
  }

  public static SnapshotView unfinished(long time) {
    return new SnapshotView(time, false, false, false, Listing.NOTHING);
  }
}
