package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;

/** Gives the content of chunks: from a store, or from a session with a node. */
@FunctionalInterface
public interface PlainChunks {
  /**
   * Decoded, decrypted and checked. Blocks; several threads may ask at a time.
   *
   * @param position of its first byte in the archive, for errors
   * @param bytes that the index says the chunk has, and the answer has
   * @return an array that nobody changes
   */
  byte[] plain(Digest digest, long position, int bytes) throws IOException;
}
