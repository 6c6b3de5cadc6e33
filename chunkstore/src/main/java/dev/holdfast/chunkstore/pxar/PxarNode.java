package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;

/**
 * An entry that {@link PxarAccessor} found, with where it is. Valid for the accessor that gave it,
 * as long as that is used; holds no resources.
 *
 * @param entry all but a {@link PxarEntry.DirectoryEnd}
 * @param path from the root of the archive, empty for the root
 * @param position of its FILENAME header, 0 for the root: names it within the archive
 * @param entryPosition of its ENTRY header, from where the table of a directory is measured
 * @param end where a directory ends, which is behind its table; of anything else 0
 */
public record PxarNode(PxarEntry entry, Bytes path, long position, long entryPosition, long end) {

  public boolean isDirectory() {
    return entry instanceof PxarEntry.Directory;
  }

  /** Last component of the path, empty for the root. */
  public Bytes name() {
    return switch (entry) {
      case PxarEntry.Node node -> node.name();
      case PxarEntry.HardLink link -> link.name();
      case PxarEntry.DirectoryEnd _ -> Bytes.EMPTY;
    };
  }
}
