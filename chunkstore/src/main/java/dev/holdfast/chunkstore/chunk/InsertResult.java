package dev.holdfast.chunkstore.chunk;

/**
 * What an insert did.
 *
 * @param duplicate the chunk was there and was kept; only its access time changed
 * @param storedBytes size of the chunk's file, which for a duplicate may differ from what was
 *     offered
 */
public record InsertResult(boolean duplicate, int storedBytes) {}
