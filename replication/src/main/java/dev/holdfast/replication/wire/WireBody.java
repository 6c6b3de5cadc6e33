package dev.holdfast.replication.wire;

import dev.holdfast.chunkstore.blob.ChunkBuffers;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;

/**
 * The body of a request, in blocks that are used again after its answer: many large bodies at once,
 * each in a fresh array, would keep the JVM's collector moving them, while everybody waits
 * (scripts/bench load). Who needs it for longer copies it.
 *
 * <p>Filled on the event loop; once whole, for any thread.
 */
public final class WireBody {
  /** Of one DATA frame at most; small enough that the last one, half empty, does not matter. */
  static final int BLOCK_BYTES = 64 * 1024;

  private final ChunkBuffers buffers;
  private final ArrayDeque<byte[]> blocks = new ArrayDeque<>();
  private int length;
  private volatile boolean released;

  private WireBody(ChunkBuffers buffers) {
    this.buffers = buffers;
  }

  public int length() {
    return length;
  }

  /**
   * @param target of at least {@link #length} bytes; filled from its begin
   * @throws IllegalStateException after the request's answer: the blocks are others' by then
   */
  public void copyTo(byte[] target) {
    int done = 0;
    for (byte[] block : blocks) {
      int part = Math.min(block.length, length - done);
      System.arraycopy(block, 0, target, done, part);
      done += part;
    }
    if (released) { // looked at last: no copy is taken for good that was overwritten meanwhile
      throw new IllegalStateException("body was asked for after its request was answered");
    }
  }

  /** An array of its own. */
  public byte[] bytes() {
    byte[] bytes = new byte[length];
    copyTo(bytes);
    return bytes;
  }

  /** Blocks are taken as bytes come, never before. */
  static final class Storage implements BodyBuffer.Storage<WireBody> {
    private final WireBody body;

    Storage(ChunkBuffers buffers) {
      body = new WireBody(buffers);
    }

    @Override
    public void add(ByteBuf data) {
      while (data.isReadable()) {
        int used = body.length % BLOCK_BYTES;
        if (used == 0) {
          body.blocks.add(body.buffers.take(BLOCK_BYTES));
        }
        int part = Math.min(data.readableBytes(), BLOCK_BYTES - used);
        data.readBytes(body.blocks.getLast(), used, part);
        body.length += part;
      }
    }

    @Override
    public WireBody whole() {
      return body;
    }

    /** A second time changes nothing. */
    @Override
    public void drop() {
      body.released = true;
      body.blocks.forEach(body.buffers::give);
      body.blocks.clear();
    }
  }
}
