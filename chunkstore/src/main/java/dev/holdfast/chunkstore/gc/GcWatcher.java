package dev.holdfast.chunkstore.gc;

import java.time.Duration;
import java.time.Instant;

/**
 * Hears what a collection does, and may stop it. Called by any of its threads, often: each method
 * returns soon. What somebody does not want to hear he need not.
 */
@FunctionalInterface
public interface GcWatcher {
  /** Throws to stop the collection: what was removed stays removed, and nothing else changed. */
  void checkStop();

  /**
   * @param accessTimeMin what nobody names goes when it was last used before this
   */
  default void started(Duration cutoff, Instant accessTimeMin) {}

  /** Access times are kept as they are set. */
  default void accessTimesChecked() {}

  /** Indexes are about to be read. */
  default void marking() {}

  /** So many of the index files that are known by now have been read. */
  default void marked(long indexFiles, long indexFilesTotal) {}

  /** Chunks are about to be looked at. */
  default void sweeping() {}

  /**
   * @param percent of the prefixes done, 1 … 100, each once
   * @param chunks looked at so far
   */
  default void swept(int percent, long chunks) {}

  /** Something that the operator has to know, and that does not stop the collection. */
  default void warn(String text) {}

  /**
   * A file that is removed, or would be.
   *
   * @param why for people
   */
  default void removing(String file, long bytes, String why) {}
}
