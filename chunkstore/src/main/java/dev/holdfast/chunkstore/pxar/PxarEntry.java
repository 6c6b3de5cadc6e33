package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;

/**
 * What an archive holds, in its order. A {@link Directory} is followed by its children and a {@link
 * DirectoryEnd}; the root directory has the empty name.
 */
public sealed interface PxarEntry {

  /** An entry with metadata of its own: everything but a further hard link. */
  sealed interface Node extends PxarEntry {
    Bytes name();

    PxarStat stat();

    PxarMetadata metadata();
  }

  record Directory(Bytes name, PxarStat stat, PxarMetadata metadata) implements Node {}

  record DirectoryEnd() implements PxarEntry {}

  /**
   * A regular file.
   *
   * @param position of its FILENAME header, by which hard links name it
   * @param bytes of content
   * @param payloadPosition of the PAYLOAD header before its content: in the payload stream of a
   *     split archive, otherwise in this one
   */
  record RegularFile(
      Bytes name,
      PxarStat stat,
      PxarMetadata metadata,
      long position,
      long bytes,
      long payloadPosition)
      implements Node {}

  record Symlink(Bytes name, PxarStat stat, PxarMetadata metadata, Bytes target) implements Node {}

  /** A block or character device; {@link PxarStat#type} tells which. */
  record Device(Bytes name, PxarStat stat, PxarMetadata metadata, int major, int minor)
      implements Node {}

  record Fifo(Bytes name, PxarStat stat, PxarMetadata metadata) implements Node {}

  record Socket(Bytes name, PxarStat stat, PxarMetadata metadata) implements Node {}

  /**
   * A further name of a regular file that came earlier.
   *
   * @param targetPosition of the first link's FILENAME header
   * @param path of the first link, from the root of the archive
   */
  record HardLink(Bytes name, long targetPosition, Bytes path) implements PxarEntry {}
}
