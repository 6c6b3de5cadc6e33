package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunker.BuzhashChunker;
import dev.holdfast.chunkstore.chunker.PayloadChunker;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;

/** Cuts what is written into chunks and hands them on, each in an array of its own. */
public final class ChunkingOutputStream extends OutputStream {
  /** Where the current chunk ends. */
  private interface Cutter {
    /** Bytes of the input that end the chunk, 0 = none: all of it belongs to the chunk. */
    int scan(byte[] data, int offset, int length, int chunkBytesSoFar);
  }

  private static final int BUFFER_BYTES_MIN = 1 << 20;

  private final Cutter cutter;
  private final Consumer<byte[]> chunks;
  private byte[] buffer = new byte[BUFFER_BYTES_MIN];
  private int count;
  private boolean closed;

  private ChunkingOutputStream(Cutter cutter, Consumer<byte[]> chunks) {
    this.cutter = cutter;
    this.chunks = chunks;
  }

  /**
   * Cuts where content says so.
   *
   * @param averageBytes {@link BuzhashChunker#PXAR_AVERAGE_BYTES} for archives
   * @param chunks e.g. {@link ArchiveUpload#chunk}; may wait
   */
  public static ChunkingOutputStream dynamic(int averageBytes, Consumer<byte[]> chunks) {
    BuzhashChunker chunker = new BuzhashChunker(averageBytes);
    return new ChunkingOutputStream(
        (data, offset, length, soFar) -> chunker.scan(data, offset, length), chunks);
  }

  /** Cuts every 4 MiB. */
  public static ChunkingOutputStream fixed(Consumer<byte[]> chunks) {
    return new ChunkingOutputStream(
        (data, offset, length, soFar) -> {
          int rest = BuzhashChunker.FIXED_CHUNK_BYTES - soFar;
          return length >= rest ? rest : 0;
        },
        chunks);
  }

  /** Cuts the payload of a split archive. */
  static ChunkingOutputStream payload(PayloadChunker chunker, Consumer<byte[]> chunks) {
    return new ChunkingOutputStream(
        (data, offset, length, soFar) -> chunker.scan(data, offset, length), chunks);
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] data, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, data.length);
    if (closed) {
      throw new IllegalStateException("written after its end");
    }
    int at = offset;
    int end = offset + length;
    while (at < end) {
      int cut = cutter.scan(data, at, end - at, count);
      int taken = cut == 0 ? end - at : cut;
      if (cut != 0 && count == 0) {
        chunks.accept(Arrays.copyOfRange(data, at, at + taken));
      } else {
        keep(data, at, taken);
        if (cut != 0) {
          handOn();
        }
      }
      at += taken;
    }
  }

  private void keep(byte[] data, int offset, int length) {
    if (length > buffer.length - count) {
      // Never beyond the largest chunk: the cutter ends it there.
      int doubled = Math.min(2 * buffer.length, DataBlob.CHUNK_PLAIN_BYTES_MAX);
      buffer = Arrays.copyOf(buffer, Math.max(doubled, count + length));
    }
    System.arraycopy(data, offset, buffer, count, length);
    count += length;
  }

  /** Hands on what is there of the current chunk. */
  void endChunk() {
    if (count > 0) {
      handOn();
    }
  }

  private void handOn() {
    chunks.accept(Arrays.copyOf(buffer, count));
    count = 0;
  }

  /** Hands on what is left as the last chunk. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      endChunk();
    }
  }
}
