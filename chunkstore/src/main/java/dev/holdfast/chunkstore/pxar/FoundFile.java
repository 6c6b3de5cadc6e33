package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A regular file that is to be saved.
 *
 * @param path from the root of the tree
 * @param bytes that it had when it was looked at
 * @param link learns where the file's entry is, for further names of it; null when it has no others
 */
record FoundFile(
    Bytes name,
    Bytes path,
    PxarStat stat,
    PxarMetadata metadata,
    long bytes,
    @Nullable FirstLink link) {

  /** The first of several names of a file. */
  static final class FirstLink {
    private static final long UNKNOWN = -1;

    private final Bytes path;
    private long position = UNKNOWN;

    FirstLink(Bytes path) {
      this.path = path;
    }

    Bytes path() {
      return path;
    }

    void written(long at) {
      position = at;
    }

    boolean isWritten() {
      return position != UNKNOWN;
    }

    long position() {
      return position;
    }
  }
}
