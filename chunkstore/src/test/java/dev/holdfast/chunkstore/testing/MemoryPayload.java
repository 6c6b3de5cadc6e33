package dev.holdfast.chunkstore.testing;

import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.pxar.PayloadSink;
import java.io.ByteArrayOutputStream;

/** The payload stream of a first backup, in memory. */
public record MemoryPayload(ByteArrayOutputStream bytes) implements PayloadSink {
  @Override
  public void write(byte[] block, int offset, int length) {
    bytes.write(block, offset, length);
  }

  @Override
  public void fileBegins(long position) {}

  @Override
  public void reuse(Digest digest, int length) {
    throw new AssertionError("nothing to reuse");
  }
}
