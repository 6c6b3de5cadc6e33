package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import java.util.Optional;

/**
 * What one direction of a sync does at its target; {@link SyncRun} decides when. Methods wait, and
 * are called from virtual threads, {@link #transferGroup} several at a time. Errors are {@code
 * BackupException}: LOCKED where somebody else is at work.
 */
interface SyncWork {
  /** {@code pull} or {@code push}, for the log. */
  String verb();

  /**
   * Whether a group at the target that belongs to somebody else is a failure, or to be warned of.
   */
  boolean ownerDiffersFails();

  /** Why nothing may be done in a namespace of the target; empty when it may. */
  Optional<String> refusal(Namespace target);

  /** Makes one namespace, whose parent exists; fine when it is there by now. */
  void createNamespace(Namespace target);

  /**
   * Transfers the snapshots of one group, oldest first, as far as the plan still holds; the first
   * error ends it. Its lease is held.
   */
  void transferGroup(GroupPlan plan, GroupRun run);

  /**
   * Removes what the plan says if that still holds under the locks.
   *
   * @return empty when it is gone, else why it is kept
   */
  Optional<String> remove(Removal removal);
}
