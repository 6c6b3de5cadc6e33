package dev.holdfast.replication.transfer;

import dev.holdfast.replication.plan.SyncPlan;

/**
 * One replication between two places: it looks at both, and carries out what the plan says.
 *
 * <p>Both methods wait for disks and peers: call them from virtual threads. They may be called
 * again at any time, also after a run that failed; nothing is kept between the calls. Errors that
 * concern one group are in the result; a peer or a datastore that cannot be used at all is a {@code
 * BackupException}.
 */
public interface Sync {
  /** Lists both sides and decides; changes nothing. */
  SyncPlan plan(SyncScope scope);

  /**
   * Does what the plan says, as far as it still holds: each group is looked at again under its
   * lock.
   */
  SyncResult run(SyncPlan plan, SyncReport report);
}
