package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;

/**
 * Something that happened at a site and that others may want to act on. A hint: it may be lost, so
 * a schedule stands behind whatever it starts.
 */
public sealed interface MeshEvent {
  /** Where it happened. */
  String site();

  /**
   * A snapshot became restorable at a site, by a backup or by a sync.
   *
   * @param finishedAtMillis milliseconds since the epoch, by the clock of that site
   */
  record SnapshotFinished(
      String site,
      DatastoreName datastore,
      Namespace namespace,
      SnapshotId snapshot,
      long finishedAtMillis)
      implements MeshEvent {}
}
