package dev.holdfast.node.maintenance;

import dev.holdfast.chunkstore.gc.GcStatus;
import dev.holdfast.chunkstore.gc.GcWatcher;
import dev.holdfast.meshconfig.ByteSize;
import dev.holdfast.node.task.WorkerTask;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Tells a garbage collection in its task log, in the words of PBS (spec/engine.md §2.6). */
final class CollectionLog implements GcWatcher {
  /** So many files that would go are told one by one in a dry run. */
  private static final int REMOVALS_TOLD_MAX = 1000;

  /** A rest that is shorter is not worth a word. */
  private static final Duration REST_TOLD_MIN = Duration.ofMinutes(1);

  private final WorkerTask task;
  private final boolean dryRun;
  private final InstantSource clock;
  private final AtomicLong removalsTold = new AtomicLong();
  private volatile @Nullable Instant sweepStarted;
  private long percentMarked;

  CollectionLog(WorkerTask task, boolean dryRun, InstantSource clock) {
    this.task = task;
    this.dryRun = dryRun;
    this.clock = clock;
  }

  @Override
  public void checkStop() {
    task.checkAborted();
  }

  @Override
  public void started(Duration cutoff, Instant accessTimeMin) {
    task.log(
        "Using access time cutoff "
            + text(cutoff)
            + ", minimum access time is "
            + accessTimeMin.truncatedTo(ChronoUnit.SECONDS));
  }

  @Override
  public void accessTimesChecked() {
    task.log("Access time update check successful, proceeding with GC.");
  }

  @Override
  public void marking() {
    task.log("Start GC phase1 (mark used chunks)");
  }

  /** Once for each percent; how many there are shows only on the way. */
  @Override
  public synchronized void marked(long indexFiles, long indexFilesTotal) {
    long percent = indexFiles * 100 / Math.max(indexFiles, indexFilesTotal);
    if (percent > percentMarked) {
      percentMarked = percent;
      task.log(
          "marked " + percent + "% (" + indexFiles + " of " + indexFilesTotal + " index files)");
    }
  }

  @Override
  public void sweeping() {
    sweepStarted = clock.instant();
    task.log("Start GC phase2 (sweep unused chunks)");
  }

  @Override
  public void swept(int percent, long chunks) {
    task.log("processed " + percent + "% (" + chunks + " chunks)" + rest(percent));
  }

  private String rest(int percent) {
    Instant started = sweepStarted;
    if (started == null) {
      return "";
    }
    Duration soFar = Duration.between(started, clock.instant());
    Duration rest = soFar.multipliedBy(100L - percent).dividedBy(percent);
    return rest.compareTo(REST_TOLD_MIN) < 0 ? "" : ", about " + text(rest) + " left";
  }

  @Override
  public void warn(String text) {
    task.warn("warning: " + text);
  }

  @Override
  public void removing(String file, long bytes, String why) {
    if (!dryRun) {
      return;
    }
    long told = removalsTold.incrementAndGet();
    if (told <= REMOVALS_TOLD_MAX) {
      task.log("would remove " + file + " (" + ByteSize.text(bytes) + "): " + why);
    } else if (told == REMOVALS_TOLD_MAX + 1) {
      task.log("would remove more, which are only counted below");
    }
  }

  void summary(GcStatus status) {
    GcStatus.Cache cache = status.cache();
    if (cache != null) {
      task.log(
          String.format(
              Locale.ROOT,
              "Chunk cache: hits %d, misses %d (hit ratio %.2f%%)",
              cache.hits(),
              cache.misses(),
              ratio(100.0 * cache.hits(), cache.hits() + cache.misses())));
    }
    task.log("Removed garbage: " + ByteSize.text(status.removed().bytes()));
    task.log("Removed chunks: " + status.removed().chunks());
    if (status.pending().bytes() > 0) {
      task.log(
          "Pending removals: "
              + ByteSize.text(status.pending().bytes())
              + " (in "
              + status.pending().chunks()
              + " chunks)");
    }
    if (status.removedBad() > 0) {
      task.log("Removed bad chunks: " + status.removedBad());
    }
    if (status.stillBad() > 0) {
      task.log("Leftover bad chunks: " + status.stillBad());
    }
    task.log("Original data usage: " + ByteSize.text(status.indexDataBytes()));
    usage(status);
  }

  private void usage(GcStatus status) {
    long bytes = status.disk().bytes();
    long chunks = status.disk().chunks();
    task.log(
        String.format(
            Locale.ROOT,
            "On-Disk usage: %s (%.2f%%)",
            ByteSize.text(bytes),
            ratio(100.0 * bytes, status.indexDataBytes())));
    task.log("On-Disk chunks: " + chunks);
    task.log(
        String.format(
            Locale.ROOT,
            "Deduplication factor: %.2f",
            bytes == 0 ? 1.0 : ratio((double) status.indexDataBytes(), bytes)));
    if (chunks > 0) {
      task.log("Average chunk size: " + ByteSize.text(bytes / chunks));
    }
  }

  private static double ratio(double part, long whole) {
    return whole == 0 ? 0 : part / whole;
  }

  /** {@code 1d 5m}: whole minutes, parts that are zero left out. */
  private static String text(Duration duration) {
    StringBuilder text = new StringBuilder();
    append(text, duration.toDays(), "d");
    append(text, duration.toHoursPart(), "h");
    append(text, duration.toMinutesPart(), "m");
    return text.isEmpty() ? "0m" : text.toString();
  }

  private static void append(StringBuilder text, long count, String unit) {
    if (count > 0) {
      text.append(text.isEmpty() ? "" : " ").append(count).append(unit);
    }
  }
}
