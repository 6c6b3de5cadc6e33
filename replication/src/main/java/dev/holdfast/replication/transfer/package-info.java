/**
 * Carrying out what a {@link dev.holdfast.replication.plan.SyncPlan} says: pull and push of groups,
 * their snapshots and their chunks.
 */
@NullMarked
package dev.holdfast.replication.transfer;

import org.jspecify.annotations.NullMarked;
