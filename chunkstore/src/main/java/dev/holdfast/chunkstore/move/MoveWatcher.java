package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;

/** Hears what a move does, on its thread, and may stop it. What he does not want he need not. */
@FunctionalInterface
public interface MoveWatcher {
  /**
   * Throws to stop the move between two snapshots: each is in one place then, and the move can be
   * taken up again or undone.
   */
  void checkStop();

  /**
   * Whether what {@link #checkStop} stopped is only interrupted, by the end of the process: then
   * the journal keeps telling that the move is at work, and the next process goes on with it.
   */
  default boolean isInterrupted() {
    return false;
  }

  /**
   * @param journal the name of the move from now on
   */
  default void began(String journal, MovePlan plan) {}

  /**
   * @param merges whether the group is at the target already
   */
  default void group(Namespace from, GroupId group, Namespace to, boolean merges) {}

  /** Why a group cannot be merged: the two snapshots that are out of order. */
  default void outOfOrder(SnapshotId oldestOfSource, SnapshotId newestOfTarget) {}

  /** All of a group is at the target; what was left of it goes. */
  default void removing(Namespace from, GroupId group) {}

  /**
   * @param count of the groups that have gone in this move
   */
  default void moved(int count, Namespace from, GroupId group) {}

  /** Something that the operator has to know, and that does not stop the move. */
  default void warn(String text) {}
}
