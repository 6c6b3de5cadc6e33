package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;

/** Which entries of an archive are wanted. */
@FunctionalInterface
public interface Selection {
  Selection ALL = (path, directory) -> Choice.YES;

  /** What is said of one entry. */
  enum Choice {
    /** With all below it, but what is said of that. */
    YES,
    NO,
    /** As its directory. */
    AS_ABOVE
  }

  /**
   * @param path from the root of the archive, without a slash in front
   */
  Choice of(Bytes path, boolean directory);
}
