package dev.holdfast.replication.wire;

import java.io.IOException;

/** Where the blocks of a streamed answer come from: a file, most of the time. */
public interface WireSource extends AutoCloseable {
  /** For {@link #bytes}. */
  long UNKNOWN = -1;

  /** How many there are altogether, which the answer then announces. */
  default long bytes() {
    return UNKNOWN;
  }

  /**
   * Fills the block from its start. Called on a worker, never twice at a time, and only when the
   * peer has taken most of what came before.
   *
   * @return how many bytes were put there, or -1 at the end
   */
  int read(byte[] block) throws IOException;

  /** Called once, after the last read, also when the stream broke. */
  @Override
  void close();
}
