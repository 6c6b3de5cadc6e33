package dev.holdfast.chunkstore.pxar;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Entries in the order of an archive, to be restored: all of one, or a selection. */
public interface EntrySource {
  /** Of the archive, for errors. */
  String name();

  /**
   * The next entry, null at the end. The first is a directory, the root, whose {@link
   * PxarEntry.DirectoryEnd} is the last.
   */
  @Nullable PxarEntry next() throws IOException;

  /**
   * The content of the {@link PxarEntry.RegularFile} that {@link #next} returned last, to be read
   * before the next call. Ends with the file; closing it does nothing.
   */
  InputStream content();
}
