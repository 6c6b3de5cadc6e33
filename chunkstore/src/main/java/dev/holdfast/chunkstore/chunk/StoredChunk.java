package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.blob.ChunkBuffers;

/**
 * The encoded bytes of a chunk, in an array that serves for another one after {@link #close}. For
 * one thread.
 */
public final class StoredChunk implements AutoCloseable {
  private final ChunkBuffers buffers;
  private byte[] bytes = new byte[0];
  private int length;

  StoredChunk(ChunkBuffers buffers) {
    this.buffers = buffers;
  }

  /** An array with room for so many bytes, which are the chunk. */
  byte[] ofLength(int chunkBytes) {
    length = chunkBytes;
    bytes = buffers.take(chunkBytes);
    return bytes;
  }

  /** Lent, and longer than the chunk. */
  public byte[] bytes() {
    return bytes;
  }

  /** How many of the bytes are the chunk, from the first on. */
  public int length() {
    return length;
  }

  @Override
  public void close() {
    buffers.give(bytes);
  }
}
