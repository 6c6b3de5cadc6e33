package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import java.time.Duration;

/**
 * A snapshot that reached the target.
 *
 * @param target its namespace there
 * @param took from the first request for it to its last
 * @param chunks that crossed
 * @param encodedBytes of these chunks and of all other files, as they crossed
 * @param dataChanged false when only notes, verification state or the client log were brought over
 */
public record Transferred(
    Namespace target,
    SnapshotId snapshot,
    Reason reason,
    Duration took,
    long chunks,
    long encodedBytes,
    boolean dataChanged) {}
