package dev.holdfast.chunkstore.pxar;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Gathers a payload stream into the blocks that real clients cut it by: within one block the
 * beginnings of files go before boundaries of the content, so the same blocks make the same chunks.
 * Small pieces share a block of up to 256 KiB; a piece of a file that is not smaller than that, of
 * up to 4 MiB, is one alone. A block is handed on when the next piece comes, after the beginning of
 * the file that it belongs to was told.
 *
 * <p>Source: proxmox-backup 4.2.3, pbs-client/src/pxar_backup_stream.rs, pxar/create.rs (sizes).
 */
final class PayloadOutput {
  private static final int SHARED_BYTES_MAX = 256 << 10;

  private final PayloadSink sink;
  private final byte[] block = new byte[PayloadSink.BLOCK_BYTES];
  private int length;
  private boolean alone;
  private long flushed;

  PayloadOutput(PayloadSink sink) {
    this.sink = sink;
  }

  /** Where the next byte will stand. */
  long position() {
    return flushed + length;
  }

  /** Bytes that came into the stream by another way, after a {@link #flush}. */
  void skipped(long count) {
    flushed += count;
  }

  void header(long type, long contentBytes) throws IOException {
    begin(PxarFormat.HEADER_BYTES);
    ByteBuffer.wrap(block, length, PxarFormat.HEADER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(type)
        .putLong(PxarFormat.HEADER_BYTES + contentBytes);
    length += PxarFormat.HEADER_BYTES;
  }

  /**
   * Exactly {@code size} bytes: what the content has more is left, what it lacks becomes zeros.
   *
   * @return bytes that came from the content
   */
  long copy(InputStream content, long size) throws IOException {
    long copied = 0;
    boolean ended = false;
    for (long left = size; left > 0; ) {
      int piece = (int) Math.min(left, PayloadSink.BLOCK_BYTES);
      begin(piece);
      int got = ended ? 0 : content.readNBytes(block, length, piece);
      ended |= got < piece;
      Arrays.fill(block, length + got, length + piece, (byte) 0);
      length += piece;
      left -= piece;
      copied += got;
    }
    return copied;
  }

  /** Makes room for a piece. */
  private void begin(int piece) throws IOException {
    boolean large = piece >= SHARED_BYTES_MAX;
    if (alone || large || length + piece > SHARED_BYTES_MAX) {
      flush();
    }
    alone = large;
  }

  void flush() throws IOException {
    if (length > 0) {
      sink.write(block, 0, length);
      flushed += length;
      length = 0;
    }
  }
}
