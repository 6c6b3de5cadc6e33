package dev.holdfast.chunkstore.gc;

import org.jspecify.annotations.Nullable;

/**
 * What a collection found (spec/formats.md §9.1).
 *
 * @param upid the task that collected; null when there was none
 * @param indexDataBytes what all archives hold, as if nothing were shared
 * @param disk chunks that are in use or were so lately
 * @param removed chunks that went
 * @param pending chunks that nobody names, and whose time has not come
 * @param stillBad bad copies that stay
 * @param cache references that were known already, and distinct ones
 */
public record GcStatus(
    @Nullable String upid,
    long indexFileCount,
    long indexDataBytes,
    Amount disk,
    Amount removed,
    Amount pending,
    long removedBad,
    long stillBad,
    @Nullable Cache cache) {
  /** Chunk files, and their bytes on disk. */
  public record Amount(long bytes, long chunks) {
    public static final Amount NONE = new Amount(0, 0);
  }

  /** Of the references in all indexes. */
  public record Cache(long hits, long misses) {}

  /** Before any collection. */
  public static final GcStatus NONE =
      new GcStatus(null, 0, 0, Amount.NONE, Amount.NONE, Amount.NONE, 0, 0, null);

  public GcStatus withUpid(String newUpid) {
    return new GcStatus(
        newUpid,
        indexFileCount,
        indexDataBytes,
        disk,
        removed,
        pending,
        removedBad,
        stillBad,
        cache);
  }
}
