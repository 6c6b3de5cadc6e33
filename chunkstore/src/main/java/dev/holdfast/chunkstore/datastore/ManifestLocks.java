package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Serialises read-modify-write of manifests, and the writing of small files beside them and beside
 * a group's owner. Held for milliseconds, so it waits, and snapshots and groups may share one:
 * nobody takes two.
 */
final class ManifestLocks {
  private static final int STRIPES = 64;

  private final Lock[] stripes;

  ManifestLocks(Supplier<Lock> locks) {
    this.stripes = Stream.generate(locks).limit(STRIPES).toArray(Lock[]::new);
  }

  Lease take(Namespace namespace, SnapshotId snapshot) {
    return stripe(Objects.hash(namespace, snapshot));
  }

  Lease take(Namespace namespace, GroupId group) {
    return stripe(Objects.hash(namespace, group));
  }

  private Lease stripe(int hash) {
    Lock stripe = stripes[Math.floorMod(hash, STRIPES)];
    stripe.lock();
    return stripe::unlock;
  }
}
