package dev.holdfast.chunkstore.verify;

import dev.holdfast.chunkstore.error.BackupException;

/** In which order the chunks of an index are read: {@code chunk-order} (spec/engine.md §4.2, 5). */
public enum ChunkOrder {
  /** By inode number, about as they lie on the disk: spares a disk with heads most of its ways. */
  INODE,
  /** As the index has them. */
  NONE;

  public static ChunkOrder parse(String text) {
    return switch (text) {
      case "inode" -> INODE;
      case "none" -> NONE;
      default ->
          throw BackupException.invalid(
              "invalid chunk-order '" + text + "': expected inode or none");
    };
  }
}
