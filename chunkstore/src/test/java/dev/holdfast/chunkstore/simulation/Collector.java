package dev.holdfast.chunkstore.simulation;

import dev.holdfast.chunkstore.chunk.ChunkFile;
import dev.holdfast.chunkstore.chunk.ChunkSweep;
import dev.holdfast.chunkstore.chunk.ChunkSweep.Verdict;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.gc.GarbageCollector;
import dev.holdfast.chunkstore.gc.GcOptions;
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

/** Collects garbage: ours, and two that are wrong, which a simulation must find out. */
enum Collector {
  OURS {
    @Override
    void collect(Datastore store, Duration cutoff) {
      try {
        GcOptions options = new GcOptions(cutoff, true, false, Workers.none());
        var unused = new GarbageCollector(store, options, new WatchedCollection()).run();
      } catch (BackupException e) {
        if (e.kind() != Kind.LOCKED) {
          throw e;
        }
      }
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
  };

  abstract void collect(Datastore store, Duration cutoff);

  private record Place(Namespace namespace, SnapshotId snapshot) {}

  private static Set<Digest> named(Datastore store) {
    List<Place> listed = new ArrayList<>();
    for (Namespace namespace : store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : groups(store, namespace)) {
        store.snapshots(namespace, group).forEach(s -> listed.add(new Place(namespace, s)));
      }
    }
    Set<Digest> named = new HashSet<>();
    listed.forEach(place -> read(store, place.namespace(), place.snapshot(), named));
    return named;
  }

  private static List<GroupId> groups(Datastore store, Namespace namespace) {
    try {
      return store.groups(namespace);
    } catch (BackupException e) {
      return List.of();
    }
  }

  private static void read(
      Datastore store, Namespace namespace, SnapshotId snapshot, Set<Digest> named) {
    try {
      ChunkIndex index = store.readIndex(namespace, snapshot, SimulatedStore.ARCHIVE);
      for (int i = 0; i < index.chunkCount(); i++) {
        named.add(index.digest(i));
      }
    } catch (BackupException e) {
      // gone, or not there yet
    }
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
