package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.work.Workers;
import java.time.Duration;

/**
 * How a collection works.
 *
 * @param cutoff how long a chunk stays that nobody names, from its last use: 1 minute … 2 days
 *     (spec/engine.md §2.3)
 * @param checkAccessTimes whether to make sure first that the file system keeps access times
 * @param dryRun nothing is touched, removed or written
 */
public record GcOptions(
    Duration cutoff, boolean checkAccessTimes, boolean dryRun, Workers workers) {
  /** A day for file systems that update access times once a day, and five minutes. */
  public static final Duration CUTOFF_DEFAULT = Duration.ofMinutes(1445);

  public static final Duration CUTOFF_MIN = Duration.ofMinutes(1);
  public static final Duration CUTOFF_MAX = Duration.ofDays(2);

  public GcOptions {
    if (cutoff.compareTo(CUTOFF_MIN) < 0 || cutoff.compareTo(CUTOFF_MAX) > 0) {
      throw BackupException.invalid(
          "found a cutoff of "
              + cutoff.toMinutes()
              + " minutes, expected "
              + CUTOFF_MIN.toMinutes()
              + " … "
              + CUTOFF_MAX.toMinutes());
    }
  }

  /** As PBS collects. */
  public static GcOptions usual(Workers workers) {
    return new GcOptions(CUTOFF_DEFAULT, true, false, workers);
  }
}
