package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.Objects;
import java.util.concurrent.locks.Lock;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Serialises read-modify-write of manifests. Held for milliseconds, so it waits, and snapshots may
 * share one.
 */
final class ManifestLocks {
  private static final int STRIPES = 64;

  private final Lock[] stripes;

  ManifestLocks(Supplier<Lock> locks) {
    this.stripes = Stream.generate(locks).limit(STRIPES).toArray(Lock[]::new);
  }

  Lease take(Namespace namespace, SnapshotId snapshot) {
    Lock stripe = stripes[Math.floorMod(Objects.hash(namespace, snapshot), STRIPES)];
    stripe.lock();
    return stripe::unlock;
  }
}
