package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;

/** Takes the payload stream of a split archive, on the thread that writes it. */
public interface PayloadSink {
  /** The largest block; see {@link PayloadOutput} for who gets which. */
  int BLOCK_BYTES = 4 << 20;

  /** The next bytes, up to {@link #BLOCK_BYTES}; the array is used again. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * A file begins at this position, which is not written yet: a chunk that ends there keeps the
   * file's chunks apart from what comes before, so that a later backup can take them over.
   */
  void fileBegins(long position) throws IOException;

  /** Ends the current chunk, and puts a chunk of the last backup behind it. */
  void reuse(Digest digest, int bytes) throws IOException;
}
