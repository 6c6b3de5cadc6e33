package dev.holdfast.chunkstore.pxar;

import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** What a tree is saved into. The sinks stay the caller's and are written on the saving thread. */
public sealed interface ArchiveTarget {
  /** One stream, version 1; it gets blocks of up to 256 KiB and is never flushed. */
  record Single(OutputStream archive) implements ArchiveTarget {}

  /**
   * Metadata and contents in a stream each, version 2.
   *
   * @param previous the same archive of the last backup: files whose metadata did not change are
   *     not read again, their chunks are taken over; null to read everything
   */
  record Split(OutputStream metadata, PayloadSink payload, @Nullable PreviousArchive previous)
      implements ArchiveTarget {}
}
