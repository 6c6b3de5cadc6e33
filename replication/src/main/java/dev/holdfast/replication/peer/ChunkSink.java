package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.ChunkBuffers;

/** Takes the chunks of an archive, in its order. */
public interface ChunkSink {
  /** Where the arrays of {@link #chunk} come from and go back to. */
  ChunkBuffers buffers();

  /**
   * The next chunk; may wait.
   *
   * @param plain the first {@code length} bytes are the chunk; belongs to the sink from now on
   */
  void chunk(byte[] plain, int length);
}
