package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.chunk.ChunkFile;
import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.chunk.ChunkSweep;
import dev.holdfast.chunkstore.chunk.ChunkSweep.Verdict;
import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.gc.GcStatus.Amount;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Goes over all chunk files, once: touches what indexes name, counts, and removes what nobody names
 * and nobody has used for long enough (spec/engine.md §2.5).
 */
final class Sweep {
  /**
   * What was touched this short before a collection began is not touched again, so that an
   * interrupted one need not begin anew; unless it is older than the cutoff, which can be a minute.
   */
  static final Duration TOUCHED_LATELY = Duration.ofHours(1);

  private final ChunkStore chunks;
  private final int prefixCount;
  private final DigestSet referenced;
  private final Times times;
  private final boolean dryRun;
  private final GcWatcher watcher;
  private final Tally disk = new Tally();
  private final Tally removed = new Tally();
  private final Tally pending = new Tally();
  private final LongAdder removedBad = new LongAdder();
  private final LongAdder stillBad = new LongAdder();
  private final LongAdder touched = new LongAdder();
  private final LongAdder looked = new LongAdder();
  private final AtomicLong missing = new AtomicLong();
  private final List<Integer> prefixesWithMissing = new ArrayList<>();
  private final AtomicInteger prefixesDone = new AtomicInteger();

  /**
   * @param min what nobody names and was used before goes
   * @param writer when the oldest writer that is open began, or else when the collection did
   */
  record Times(Instant started, Instant min, Instant writer) {}

  private static final class Tally {
    final LongAdder bytes = new LongAdder();
    final LongAdder count = new LongAdder();

    void add(long size) {
      bytes.add(size);
      count.increment();
    }

    Amount amount() {
      return new Amount(bytes.sum(), count.sum());
    }
  }

  Sweep(
      ChunkStore chunks,
      int prefixCount,
      DigestSet referenced,
      Times times,
      GcOptions options,
      GcWatcher watcher) {
    this.chunks = chunks;
    this.prefixCount = prefixCount;
    this.referenced = referenced;
    this.times = times;
    this.dryRun = options.dryRun();
    this.watcher = watcher;
  }

  /** For one thread: its own open directory. */
  ChunkSweep opened() {
    return new ChunkSweep(chunks);
  }

  /** Several threads may, each another prefix. */
  void prefix(ChunkSweep sweep, int prefix) {
    watcher.checkStop();
    DigestSet.Found named = referenced.of(prefix);
    sweep.prefix(
        prefix,
        file -> {
          Verdict verdict = judge(file, named);
          if (verdict == Verdict.TOUCH) {
            touched.increment();
          }
          return dryRun ? Verdict.KEEP : verdict;
        });
    miss(prefix, named.missingCount());
    int before = percent(prefixesDone.get());
    int now = percent(prefixesDone.incrementAndGet());
    if (now > before) {
      watcher.swept(now, looked.sum());
    }
  }

  /** Prefixes that have no directory, whose chunks are missing all. */
  void absentPrefixes(Collection<Integer> present) {
    Set<Integer> there = Set.copyOf(present);
    for (int prefix = 0; prefix < ChunkStore.PREFIX_COUNT; prefix++) {
      if (!there.contains(prefix)) {
        miss(prefix, referenced.count(prefix));
      }
    }
  }

  private void miss(int prefix, int count) {
    if (count > 0) {
      missing.addAndGet(count);
      synchronized (prefixesWithMissing) {
        prefixesWithMissing.add(prefix);
      }
    }
  }

  private int percent(int prefixes) {
    return (int) (prefixes * 100L / prefixCount);
  }

  private Verdict judge(ChunkFile file, DigestSet.Found named) {
    return switch (file.kind()) {
      case CHUNK -> chunk(file, named);
      case BAD -> bad(file, named);
      case UNFINISHED -> unfinished(file);
    };
  }

  private Verdict chunk(ChunkFile file, DigestSet.Found named) {
    looked.increment();
    long bytes = file.stat().bytes();
    // An empty file is what a power failure leaves of a chunk: as good as missing.
    if (bytes == 0 ? named.contains(file.digest()) : named.find(file.digest())) {
      disk.add(bytes);
      return touch(file);
    }
    Instant used = file.stat().accessTime();
    if (used.isBefore(times.min())) {
      removed.add(bytes);
      watcher.removing(file.digest().hex(), bytes, "no index names it, last used " + used);
      return Verdict.REMOVE;
    }
    (used.isBefore(times.writer()) ? pending : disk).add(bytes);
    return Verdict.KEEP;
  }

  private Verdict touch(ChunkFile file) {
    boolean lately =
        !file.stat().accessTime().isBefore(times.started().minus(TOUCHED_LATELY))
            && !file.stat().accessTime().isBefore(times.min());
    return lately ? Verdict.KEEP : Verdict.TOUCH;
  }

  /** A bad copy stays while nothing better is there for somebody who needs it. */
  private Verdict bad(ChunkFile file, DigestSet.Found named) {
    long bytes = file.stat().bytes();
    if (named.contains(file.digest()) && !named.isFound(file.digest())) {
      disk.bytes.add(bytes);
      stillBad.increment();
      return touch(file);
    }
    Instant used = file.stat().accessTime();
    if (used.isBefore(times.min())) {
      removedBad.increment();
      removed.bytes.add(bytes);
      watcher.removing(
          file.digest().hex() + ".bad", bytes, "a bad copy that nobody needs, last used " + used);
      return Verdict.REMOVE;
    }
    if (used.isBefore(times.writer())) {
      stillBad.increment();
      pending.bytes.add(bytes);
    } else {
      disk.bytes.add(bytes);
    }
    return Verdict.KEEP;
  }

  /** Of a writer that died: no writer of today began so early. */
  private Verdict unfinished(ChunkFile file) {
    if (file.stat().modifyTime().isBefore(times.min())) {
      removed.bytes.add(file.stat().bytes());
      watcher.removing(
          file.digest().hex() + ".tmp",
          file.stat().bytes(),
          "left by a writer that died, written " + file.stat().modifyTime());
      return Verdict.REMOVE;
    }
    return Verdict.KEEP;
  }

  long missingCount() {
    return missing.get();
  }

  List<Integer> prefixesWithMissing() {
    synchronized (prefixesWithMissing) {
      return List.copyOf(prefixesWithMissing);
    }
  }

  long touchCount() {
    return touched.sum();
  }

  GcStatus status(Marking marking, long distinct) {
    return new GcStatus(
        null,
        marking.indexFileCount(),
        marking.indexDataBytes(),
        disk.amount(),
        removed.amount(),
        pending.amount(),
        removedBad.sum(),
        stillBad.sum(),
        new GcStatus.Cache(marking.referenceCount() - distinct, distinct));
  }
}
