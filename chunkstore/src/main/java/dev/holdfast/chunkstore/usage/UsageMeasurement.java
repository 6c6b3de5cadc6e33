package dev.holdfast.chunkstore.usage;

import dev.holdfast.chunkstore.chunk.ChunkFile;
import dev.holdfast.chunkstore.chunk.ChunkSweep;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.IndexScan;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.work.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Measures what each namespace takes on disk. Looks at every chunk once, and reads every index once
 * for each {@link #CHUNKS_AT_ONCE} chunks, so that memory stays small however large the store is.
 * Locks nothing: what comes or goes meanwhile is counted or not.
 *
 * <p>Namespaces are gone through in the order of {@link NamespaceTree}. A chunk counts for each
 * that needs it, and is taken off again where it and the one before meet, so that after summing up
 * every namespace has it once. It belongs alone to wherever the first and the last one that need it
 * meet, and to all above.
 */
public final class UsageMeasurement {
  /** 42 MB; ten million chunks are five rounds. */
  static final int CHUNKS_AT_ONCE = 1 << 21;

  private final Datastore store;
  private final Workers workers;
  private final UsageWatcher watcher;
  private final int chunksAtOnce;
  private final NamespaceTree tree;

  private final AtomicLongArray groups;
  private final AtomicLongArray snapshots;
  private final AtomicLongArray logicalBytes;
  private final AtomicLongArray deduplicatedBytes;
  private final AtomicLongArray exclusiveBytes;
  private final AtomicLong chunkBytes = new AtomicLong();
  private final AtomicLong unreadableIndexes = new AtomicLong();

  UsageMeasurement(Datastore store, Workers workers, UsageWatcher watcher, int chunksAtOnce) {
    this.store = store;
    this.workers = workers;
    this.watcher = watcher;
    this.chunksAtOnce = chunksAtOnce;
    this.tree = new NamespaceTree(store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX));
    this.groups = new AtomicLongArray(tree.size());
    this.snapshots = new AtomicLongArray(tree.size());
    this.logicalBytes = new AtomicLongArray(tree.size());
    this.deduplicatedBytes = new AtomicLongArray(tree.size());
    this.exclusiveBytes = new AtomicLongArray(tree.size());
  }

  /** Blocks, for as long as it takes to read all indexes and to look at all chunks. */
  public static Usage of(Datastore store, Workers workers, UsageWatcher watcher) {
    return new UsageMeasurement(store, workers, watcher, CHUNKS_AT_ONCE).run();
  }

  Usage run() {
    List<Integer> prefixes = store.chunks().prefixes();
    int done = 0;
    do {
      boolean firstRound = done == 0;
      ChunkTable table = new ChunkTable();
      done += fill(table, prefixes.subList(done, prefixes.size()));
      for (int namespace = 0; namespace < tree.size(); namespace++) {
        namespace(namespace, table, firstRound);
      }
      table.forEach(
          (first, last, bytes) -> exclusiveBytes.addAndGet(tree.common(first, last), bytes));
      watcher.counted(done, prefixes.size());
    } while (done < prefixes.size());
    return usage();
  }

  // ---- chunks ----

  /** Gives the table the chunks of so many prefixes as fit, at least of one; returns how many. */
  private int fill(ChunkTable table, List<Integer> prefixes) {
    AtomicInteger taken = new AtomicInteger();
    Iterator<Integer> untilFull =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return taken.get() < prefixes.size() && table.count() < chunksAtOnce;
          }

          @Override
          public Integer next() {
            // Not asked again whether there is room: another thread may have filled it meanwhile.
            if (taken.get() == prefixes.size()) {
              throw new NoSuchElementException();
            }
            return prefixes.get(taken.getAndIncrement());
          }
        };
    workers.forEachWith(
        untilFull,
        () -> new ChunkSweep(store.chunks()),
        (sweep, prefix) -> table.add(prefix, chunks(sweep, prefix)));
    return taken.get();
  }

  private List<ChunkTable.Chunk> chunks(ChunkSweep sweep, int prefix) {
    watcher.checkStop();
    List<ChunkTable.Chunk> found = new ArrayList<>();
    sweep.prefix(
        prefix,
        file -> {
          if (file.kind() == ChunkFile.Kind.CHUNK) {
            chunkBytes.addAndGet(file.stat().bytes());
            found.add(new ChunkTable.Chunk(file.digest(), file.stat().bytes()));
          }
          return ChunkSweep.Verdict.KEEP;
        });
    return found;
  }

  // ---- indexes ----

  private void namespace(int number, ChunkTable table, boolean firstRound) {
    Namespace namespace = tree.get(number);
    List<GroupId> found;
    try {
      found = store.groups(namespace);
    } catch (BackupException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return; // removed meanwhile
      }
      throw e;
    }
    if (firstRound) {
      groups.addAndGet(number, found.size());
    }
    workers.forEach(
        found.iterator(),
        group -> {
          for (SnapshotId snapshot : store.snapshots(namespace, group)) {
            if (firstRound) {
              snapshots.incrementAndGet(number);
            }
            for (ArchiveName name : store.indexes(namespace, snapshot)) {
              Path file = store.snapshotPath(namespace, snapshot).resolve(name.text());
              index(number, file, table, firstRound);
            }
          }
        });
  }

  private void index(int namespace, Path file, ChunkTable table, boolean firstRound) {
    watcher.checkStop();
    try (IndexScan scan = IndexScan.open(store.files(), file)) {
      IndexScan.Summary summary = scan.visit(new Needs(namespace, table));
      if (firstRound) {
        logicalBytes.addAndGet(namespace, summary.contentBytes());
      }
    } catch (BackupException e) {
      switch (e.kind()) {
        case NOT_FOUND -> {} // removed meanwhile
        case CORRUPT_DATA -> {
          if (firstRound) {
            unreadableIndexes.incrementAndGet();
            watcher.warn("left out: " + e.text());
          }
        }
        default -> throw e;
      }
    }
  }

  /** What the indexes of a namespace name. */
  private final class Needs implements IndexScan.Visitor, ChunkTable.Listener {
    private final int number;
    private final ChunkTable table;

    Needs(int number, ChunkTable table) {
      this.number = number;
      this.table = table;
    }

    @Override
    public void digest(long w0, long w1, long w2, long w3) {
      table.need(number, w0, w1, this);
    }

    @Override
    public void block() {
      watcher.checkStop();
    }

    @Override
    public void needed(int namespace, int bytes) {
      deduplicatedBytes.addAndGet(namespace, bytes);
    }

    @Override
    public void neededToo(int before, int namespace, int bytes) {
      deduplicatedBytes.addAndGet(namespace, bytes);
      deduplicatedBytes.addAndGet(tree.common(before, namespace), -bytes);
    }
  }

  private Usage usage() {
    List<NamespaceUsage> all = new ArrayList<>();
    for (AtomicLongArray values :
        List.of(groups, snapshots, logicalBytes, deduplicatedBytes, exclusiveBytes)) {
      tree.sumUp(values);
    }
    for (int i = 0; i < tree.size(); i++) {
      all.add(
          new NamespaceUsage(
              tree.get(i),
              groups.get(i),
              snapshots.get(i),
              logicalBytes.get(i),
              deduplicatedBytes.get(i),
              exclusiveBytes.get(i)));
    }
    return new Usage(all, chunkBytes.get(), unreadableIndexes.get());
  }
}
