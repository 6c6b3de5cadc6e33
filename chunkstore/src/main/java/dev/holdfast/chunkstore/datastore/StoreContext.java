package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.locks.Lock;
import java.util.random.RandomGenerator;

/**
 * What the parts of one open datastore share.
 *
 * @param tree held for the moment in which a namespace or type directory is made or removed, so
 *     that none disappears between being found and being used; and in which a file of the base
 *     directory is replaced
 */
record StoreContext(
    DatastoreName name,
    FileOps files,
    DatastoreLayout layout,
    AtomicFiles atomic,
    RandomGenerator random,
    InstantSource clock,
    SyncLevel syncLevel,
    LockTable locks,
    WriterGuards writers,
    ManifestLocks manifestLocks,
    Relocations relocations,
    Lock tree,
    CurrentHolds holds) {

  /** Whether single small files are to be made durable at once. */
  boolean durable() {
    return syncLevel != SyncLevel.NONE;
  }

  /** A random (version 4) UUID from the generator that came in. */
  UUID uuid() {
    synchronized (random) {
      long high = (random.nextLong() & ~0xf000L) | 0x4000L;
      long low = (random.nextLong() & ~(0b11L << 62)) | (0b10L << 62);
      return new UUID(high, low);
    }
  }

  long nowSeconds() {
    return clock.instant().getEpochSecond();
  }

  Lease lockGroup(Namespace namespace, GroupId group, String why) {
    Lease lease = locks.tryTake(new LockTable.GroupKey(namespace, group), LockTable.Mode.EXCLUSIVE);
    if (lease == null) {
      throw new BackupException(
              Kind.LOCKED,
              "unable to acquire lock on backup group directory \""
                  + layout.text(layout.group(namespace, group))
                  + "\" - "
                  + why)
          .with("datastore", name)
          .with("namespace", namespace)
          .with("group", group);
    }
    return lease;
  }

  Lease lockSnapshot(Namespace namespace, SnapshotId snapshot, LockTable.Mode mode, String why) {
    Lease lease = locks.tryTake(new LockTable.SnapshotKey(namespace, snapshot), mode);
    if (lease == null) {
      throw new BackupException(
              Kind.LOCKED,
              "unable to acquire lock on snapshot directory \""
                  + layout.text(layout.snapshot(namespace, snapshot))
                  + "\" - "
                  + why)
          .with("datastore", name)
          .with("namespace", namespace)
          .with("snapshot", snapshot);
    }
    return lease;
  }
}
