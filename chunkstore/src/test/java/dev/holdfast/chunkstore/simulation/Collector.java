package dev.holdfast.chunkstore.simulation;

import dev.holdfast.chunkstore.chunk.ChunkFile;
import dev.holdfast.chunkstore.chunk.ChunkSweep;
import dev.holdfast.chunkstore.chunk.ChunkSweep.Verdict;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.gc.GarbageCollector;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.gc.GcWatcher;
import dev.holdfast.chunkstore.gc.WatchedCollection;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.work.Workers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects garbage: ours, and some that are wrong, which a simulation must find out. */
enum Collector {
  OURS {
    @Override
    void collect(Datastore store, Duration cutoff) {
      ours(store, cutoff, new WatchedCollection());
    }
  },

  /** Ours, but where snapshots were moved to meanwhile is forgotten before it is looked at. */
  FORGETS_MOVES {
    @Override
    void collect(Datastore store, Duration cutoff) {
      ours(
          store,
          cutoff,
          () -> {
            var unused = store.relocated();
          });
    }
  },

  /** Believes that what no index names is garbage, however new. */
  IGNORES_ACCESS_TIMES {
    @Override
    void collect(Datastore store, Duration cutoff) {
      sweep(store, named(store), Instant.MAX);
    }
  },

  /** Believes that the cutoff alone is enough, however long a backup takes. */
  IGNORES_WRITERS {
    @Override
    void collect(Datastore store, Duration cutoff) {
      Instant min = store.clock().instant().minus(cutoff);
      sweep(store, named(store), min);
    }
  },

  /** Leaves out what the snapshot before names as well, whose turn is still to come. */
  LEAVES_TO_THE_OLDER {
    @Override
    void collect(Datastore store, Duration cutoff) {
      Instant min = min(store, cutoff); // first, or a writer that ends meanwhile would be missed
      Set<Digest> named = new HashSet<>();
      List<Place> newestFirst = listed(store).reversed();
      for (int i = 0; i < newestFirst.size(); i++) {
        Set<Digest> own = read(store, newestFirst.get(i));
        if (i + 1 < newestFirst.size()) {
          own.removeAll(read(store, newestFirst.get(i + 1)));
        }
        named.addAll(own);
      }
      sweep(store, named, min);
    }
  },

  /** Believes that what was in no listing when its turn came is in none. */
  IGNORES_MOVES {
    @Override
    void collect(Datastore store, Duration cutoff) {
      Instant min = min(store, cutoff);
      sweep(store, named(store), min);
    }
  };

  abstract void collect(Datastore store, Duration cutoff);

  private static void ours(Datastore store, Duration cutoff, GcWatcher watcher) {
    try {
      GcOptions options = new GcOptions(cutoff, true, false, Workers.none());
      var unused = new GarbageCollector(store, options, watcher).run();
    } catch (BackupException e) {
      if (e.kind() != Kind.LOCKED) {
        throw e;
      }
    }
  }

  private record Place(Namespace namespace, SnapshotId snapshot) {}

  /** Before the cutoff, and before the oldest writer began. */
  private static Instant min(Datastore store, Duration cutoff) {
    Instant min = store.clock().instant().minus(cutoff);
    Instant writers = store.oldestWriter().orElse(Instant.MAX).minus(Duration.ofMinutes(5));
    return writers.isBefore(min) ? writers : min;
  }

  private static List<Place> listed(Datastore store) {
    List<Place> listed = new ArrayList<>();
    for (Namespace namespace : store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : groups(store, namespace)) {
        store.snapshots(namespace, group).forEach(s -> listed.add(new Place(namespace, s)));
      }
    }
    return listed;
  }

  private static Set<Digest> named(Datastore store) {
    Set<Digest> named = new HashSet<>();
    listed(store).forEach(place -> named.addAll(read(store, place)));
    return named;
  }

  private static List<GroupId> groups(Datastore store, Namespace namespace) {
    try {
      return store.groups(namespace);
    } catch (BackupException e) {
      return List.of();
    }
  }

  private static Set<Digest> read(Datastore store, Place place) {
    Set<Digest> named = new HashSet<>();
    try {
      ChunkIndex index =
          store.readIndex(place.namespace(), place.snapshot(), SimulatedStore.ARCHIVE);
      for (int i = 0; i < index.chunkCount(); i++) {
        named.add(index.digest(i));
      }
    } catch (BackupException e) {
      // gone, or not there yet
    }
    return named;
  }

  private static void sweep(Datastore store, Set<Digest> named, Instant min) {
    try (ChunkSweep sweep = new ChunkSweep(store.chunks())) {
      for (int prefix : store.chunks().prefixes()) {
        sweep.prefix(prefix, file -> verdict(file, named, min));
      }
    }
  }

  private static Verdict verdict(ChunkFile file, Set<Digest> named, Instant min) {
    if (named.contains(file.digest())) {
      return Verdict.TOUCH;
    }
    boolean garbage = file.kind() == ChunkFile.Kind.CHUNK && file.stat().accessTime().isBefore(min);
    return garbage ? Verdict.REMOVE : Verdict.KEEP;
  }
}
