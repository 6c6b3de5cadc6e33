package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Random;
import java.util.function.BiConsumer;

/** Datastores for tests, made without the 65,536 prefix directories of a real one. */
public final class TestStores {
  public static final DatastoreName NAME = new DatastoreName("test");

  /** What the clock of a test store shows, always. */
  public static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");

  private static final long SEED = 7;

  private TestStores() {}

  /** An empty datastore, not opened. Prefixes are made when a chunk needs them. */
  public static Path bare(Path base) throws IOException {
    Files.createDirectories(base.resolve(".chunks"));
    return base;
  }

  /** Every finished snapshot of a store. */
  public static void eachFinished(Datastore store, BiConsumer<Namespace, SnapshotId> visitor) {
    for (Namespace namespace : store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : store.groups(namespace)) {
        for (SnapshotId snapshot : store.snapshots(namespace, group)) {
          if (store.isFinished(namespace, snapshot)) {
            visitor.accept(namespace, snapshot);
          }
        }
      }
    }
  }

  /** The caller closes. */
  public static Datastore open(Path base) {
    return open(base, new LocalFiles(), SyncLevel.NONE);
  }

  public static Datastore open(Path base, FileOps files, SyncLevel level) {
    return open(base, files, level, Holds.NONE);
  }

  public static Datastore open(Path base, FileOps files, SyncLevel level, Holds holds) {
    return Datastore.open(
        NAME, files, base, level, holds, InstantSource.fixed(NOW), new Random(SEED));
  }
}
