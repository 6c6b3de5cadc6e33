package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunker.BuzhashChunker;
import dev.holdfast.chunkstore.chunker.PayloadChunker;
import java.io.OutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Cuts what is written into chunks and hands them on, each in an array of its own. */
public final class ChunkingOutputStream extends OutputStream {
  /** Where the current chunk ends. */
  private interface Cutter {
    /** Bytes of the input that end the chunk, 0 = none: all of it belongs to the chunk. */
    int scan(byte[] data, int offset, int length, int chunkBytesSoFar);
  }

  private final Cutter cutter;
  private final ChunkSink chunks;
  private final int averageBytes;

  /** Holds the {@link #count} bytes of the current chunk; null before its first. */
  private byte @Nullable [] buffer;

  private int count;
  private boolean closed;

  private ChunkingOutputStream(Cutter cutter, int averageBytes, ChunkSink chunks) {
    this.cutter = cutter;
    this.averageBytes = averageBytes;
    this.chunks = chunks;
  }

  /**
   * Cuts where content says so.
   *
   * @param averageBytes {@link BuzhashChunker#PXAR_AVERAGE_BYTES} for archives
   * @param chunks e.g. an {@link ArchiveUpload}; may wait
   */
  public static ChunkingOutputStream dynamic(int averageBytes, ChunkSink chunks) {
    BuzhashChunker chunker = new BuzhashChunker(averageBytes);
    return new ChunkingOutputStream(
        (data, offset, length, soFar) -> chunker.scan(data, offset, length), averageBytes, chunks);
  }

  /** Cuts every 4 MiB. */
  public static ChunkingOutputStream fixed(ChunkSink chunks) {
    return new ChunkingOutputStream(
        (data, offset, length, soFar) -> {
          int rest = BuzhashChunker.FIXED_CHUNK_BYTES - soFar;
          return length >= rest ? rest : 0;
        },
        BuzhashChunker.FIXED_CHUNK_BYTES,
        chunks);
  }

  /** Cuts the payload of a split archive. */
  static ChunkingOutputStream payload(PayloadChunker chunker, ChunkSink chunks) {
    return new ChunkingOutputStream(
        (data, offset, length, soFar) -> chunker.scan(data, offset, length),
        BuzhashChunker.PXAR_AVERAGE_BYTES,
        chunks);
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
      keep(data, at, taken);
      if (cut != 0) {
        handOn();
      }
      at += taken;
    }
  }

  private void keep(byte[] data, int offset, int length) {
    byte[] room = roomFor(length);
    System.arraycopy(data, offset, room, count, length);
    count += length;
  }

  /** Hands on what is there of the current chunk. */
  void endChunk() {
    if (count > 0) {
      handOn();
    }
  }

  private byte[] roomFor(int length) {
    byte[] room = buffer;
    if (room == null) {
      room = chunks.buffers().take(Math.max(averageBytes, length));
    } else if (length > room.length - count) {
      // Never beyond the largest chunk: the cutter ends it there.
      int doubled = Math.min(2 * room.length, DataBlob.CHUNK_PLAIN_BYTES_MAX);
      byte[] larger = chunks.buffers().take(Math.max(doubled, count + length));
      System.arraycopy(room, 0, larger, 0, count);
      chunks.buffers().give(room);
      room = larger;
    }
    buffer = room;
    return room;
  }

  private void handOn() {
    byte[] chunk = Objects.requireNonNull(buffer);
    int chunkBytes = count;
    buffer = null;
    count = 0;
    chunks.chunk(chunk, chunkBytes);
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
