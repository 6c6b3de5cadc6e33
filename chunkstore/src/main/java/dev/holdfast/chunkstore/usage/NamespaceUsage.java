package dev.holdfast.chunkstore.usage;

import dev.holdfast.chunkstore.model.Namespace;

/**
 * What one namespace with all below it takes.
 *
 * @param snapshots unfinished ones too
 * @param logicalBytes of all archives, as they were backed up
 * @param deduplicatedBytes on disk, of the chunks that anything in it needs, each counted once
 * @param exclusiveBytes of these, what nothing outside of it needs: what its removal would free
 */
public record NamespaceUsage(
    Namespace namespace,
    long groups,
    long snapshots,
    long logicalBytes,
    long deduplicatedBytes,
    long exclusiveBytes) {}
