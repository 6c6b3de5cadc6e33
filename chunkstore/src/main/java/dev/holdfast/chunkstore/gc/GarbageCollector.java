package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.chunk.ChunkLookup;
import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.index.IndexScan;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * Removes the chunks that no index names (spec/engine.md §2, design.md §5). Runs beside backups,
 * restores, prunes and verifications, one collection of a datastore at a time.
 *
 * <p>First every index is read, and what it names is remembered. Then every chunk file is looked at
 * once: a named one is touched, so that its access time says when it was last needed; one that
 * nobody names goes when it was last used before the cutoff, and before the oldest writer that is
 * open began. So nothing goes that an index named when its turn came, or that a writer who may
 * still name it has put there or touched.
 *
 * <p>Interrupted at any moment it has removed some garbage, and nothing else changed.
 */
public final class GarbageCollector {
  /** How much earlier than the oldest writer a chunk must have been used (spec/engine.md §2.3). */
  private static final Duration BEFORE_WRITER = Duration.ofMinutes(5);

  /** So many missing chunks are told one by one. */
  private static final int MISSING_TOLD_MAX = 1000;

  /** Tried on a directory, whose access time means nothing. */
  private static final Duration PROBE_STEP = Duration.ofHours(1);

  private final Datastore store;
  private final GcOptions options;
  private final GcWatcher watcher;

  /**
   * What a run found.
   *
   * @param touchCount how many access times were set, or would be
   * @param missingCount chunks that indexes name and that are not there
   */
  public record Result(GcStatus status, long touchCount, long missingCount) {}

  public GarbageCollector(Datastore store, GcOptions options, GcWatcher watcher) {
    this.store = store;
    this.options = options;
    this.watcher = watcher;
  }

  /**
   * Collects. Does not write {@code .gc-status}, which is {@link GcStatusFile}'s.
   *
   * @throws BackupException LOCKED when another collection runs; CORRUPT_DATA when an index cannot
   *     be read, and nothing is removed then
   */
  public Result run() {
    try (Lease held = store.lockCollection()) {
      if (options.checkAccessTimes() && !options.dryRun()) {
        checkAccessTimes();
        watcher.accessTimesChecked();
      }
      Sweep.Times times = times();
      watcher.started(options.cutoff(), times.min());
      DigestSet referenced = new DigestSet(store.randomNumber());
      Marking marking = mark(referenced);
      Sweep sweep = sweep(referenced, times);
      if (sweep.missingCount() > 0) {
        tellMissing(sweep, marking);
      }
      return new Result(
          sweep.status(marking, referenced.count()), sweep.touchCount(), sweep.missingCount());
    }
  }

  /** The time first, the writers then: who begins in between is younger than both. */
  private Sweep.Times times() {
    Instant started = store.clock().instant();
    Instant writer = store.oldestWriter().orElse(started);
    Instant min = started.minus(options.cutoff());
    return new Sweep.Times(
        started, writer.isBefore(min) ? writer.minus(BEFORE_WRITER) : min, writer);
  }

  private Marking mark(DigestSet referenced) {
    watcher.marking();
    Marking marking = new Marking(store, referenced, watcher);
    options
        .workers()
        .forEachWith(marking.steps(), marking::trail, (trail, step) -> step.take(trail));
    try (Trail trail = marking.trail()) {
      for (List<Path> places = store.relocated(); !places.isEmpty(); places = store.relocated()) {
        places.forEach(place -> marking.relocated(place, trail));
      }
    }
    return marking;
  }

  private Sweep sweep(DigestSet referenced, Sweep.Times times) {
    watcher.sweeping();
    List<Integer> prefixes = store.chunks().prefixes();
    Sweep sweep = new Sweep(store.chunks(), prefixes.size(), referenced, times, options, watcher);
    options.workers().forEachWith(prefixes.iterator(), sweep::opened, sweep::prefix);
    sweep.absentPrefixes(prefixes);
    return sweep;
  }

  /**
   * Names the indexes that need what is missing, which means reading them once more. What is
   * missing may never have been, when an index is damaged, so that is looked for as well.
   */
  private void tellMissing(Sweep sweep, Marking marking) {
    Set<Integer> prefixes = new HashSet<>(sweep.prefixesWithMissing());
    Set<String> told = new HashSet<>();
    eachIndex(
        marking,
        (file, digest) -> {
          if (told.size() < MISSING_TOLD_MAX
              && prefixes.contains((int) (digest.w0() >>> 48))
              && !(store.chunks().lookup(digest) instanceof ChunkLookup.Present)) {
            String text =
                "unable to access non-existent chunk "
                    + digest
                    + ", required by \""
                    + store.base().relativize(file)
                    + "\"";
            if (told.add(text)) {
              watcher.warn(text);
            }
          }
        });
    if (sweep.missingCount() > told.size()) {
      watcher.warn(sweep.missingCount() + " chunks that indexes name are missing");
    }
  }

  private void eachIndex(Marking marking, BiConsumer<Path, Digest> visitor) {
    Iterator<IndexTree.Place> places = new IndexTree(store.files(), store.base());
    places.forEachRemaining(
        place ->
            IndexTree.indexFiles(store.files(), place)
                .forEach(file -> visit(file, marking, visitor)));
  }

  private void visit(Path file, Marking marking, BiConsumer<Path, Digest> visitor) {
    watcher.checkStop();
    try (IndexScan scan = IndexScan.open(store.files(), file)) {
      IndexScan.Summary content =
          scan.visitChecking((w0, w1, w2, w3) -> visitor.accept(file, new Digest(w0, w1, w2, w3)));
      if (content.entries() == IndexScan.Entries.DAMAGED) {
        marking.warnOfDamage(file);
      }
    } catch (BackupException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
    }
  }

  /**
   * A file system that does not keep the access times that are set makes everything look unused.
   * Tried on the chunk directory: set back, set to now, both looked at.
   */
  private void checkAccessTimes() {
    Path directory = store.base().resolve(ChunkStore.DIRECTORY);
    Instant now = store.clock().instant();
    for (Instant wanted : new Instant[] {now.minus(PROBE_STEP), now}) {
      Instant kept;
      try {
        store.files().touch(directory, wanted);
        FileOps.Stat stat = store.files().stat(directory);
        kept = stat == null ? Instant.EPOCH : stat.accessTime();
      } catch (IOException e) {
        throw FileErrors.of("access time safety check failed: cannot touch", directory, e);
      }
      if (kept.getEpochSecond() != wanted.getEpochSecond()) {
        throw new BackupException(
                Kind.INTERNAL,
                "access time safety check failed: '"
                    + directory
                    + "' has "
                    + kept
                    + " after it was set to "
                    + wanted)
            .advise("Garbage collection needs a file system that keeps access times.");
      }
    }
  }
}
