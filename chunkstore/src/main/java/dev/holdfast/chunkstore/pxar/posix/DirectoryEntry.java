package dev.holdfast.chunkstore.pxar.posix;

/**
 * One name of a directory.
 *
 * @param type as {@link FileMode#TYPE_MASK}; 0 when the file system does not tell
 */
public record DirectoryEntry(Bytes name, int type) {}
