package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

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

  /**
   * Begins to do the same, for a chunk that will be wanted soon. Does not block; completes on any
   * thread.
   *
   * @return null when nothing can be begun, which is so unless overridden
   */
  default @Nullable CompletableFuture<byte[]> begin(Digest digest, long position, int bytes) {
    return null;
  }
}
