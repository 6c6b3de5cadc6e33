package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.io.InputStream;

/** Takes what a walk through a tree finds, in the order of the archive. */
interface EntryOutput {
  /** The root is the one without a name, and comes first. */
  void directory(PxarEntry.Directory directory) throws IOException;

  void endDirectory() throws IOException;

  /**
   * @param content may be read now, and not later
   */
  void file(FoundFile file, InputStream content) throws IOException;

  void hardLink(Bytes name, Bytes path, FoundFile.FirstLink first) throws IOException;

  /** A symbolic link, device, fifo or socket. */
  void other(PxarEntry.Node node) throws IOException;

  /** After the end of the root. */
  void finish() throws IOException;
}
