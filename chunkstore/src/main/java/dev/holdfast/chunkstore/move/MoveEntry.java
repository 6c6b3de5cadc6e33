package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.List;

/** A line of a move's journal, written before what it tells is done. */
sealed interface MoveEntry {
  /** A namespace of the target is made. */
  record Made(Namespace namespace) implements MoveEntry {}

  /** An empty namespace of the source is removed. */
  record Removed(Namespace namespace) implements MoveEntry {}

  /**
   * Snapshots of a group go.
   *
   * @param notes of the group at the source; empty when it has none
   */
  record Group(
      Namespace from, GroupId group, Namespace to, String notes, List<SnapshotId> snapshots)
      implements MoveEntry {
    public Group {
      snapshots = List.copyOf(snapshots);
    }
  }

  /** The move is now in another state. */
  record Became(MoveState state) implements MoveEntry {}
}
