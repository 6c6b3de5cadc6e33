package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.index.ChunkIndex;

/**
 * A split archive of an earlier backup, to compare with.
 *
 * @param metadata read while the tree is saved; what fails there ends the reuse, not the backup
 * @param payload whose chunks the new archive may list
 */
public record PreviousArchive(PxarAccessor metadata, ChunkIndex payload) {}
