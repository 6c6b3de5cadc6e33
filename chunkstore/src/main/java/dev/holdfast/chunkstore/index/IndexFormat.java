package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.model.Digest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/**
 * What both index formats share.
 *
 * <pre>
 *   header = magic(8) uuid(16) ctime(i64) csum(32) …, zeros up to 4096
 *   fixed:   … contentBytes(u64) chunkBytes(u64); then one digest(32) per chunk
 *   dynamic: then entries of endOffset(u64) digest(32)
 *   csum   = SHA-256 over everything after the header
 * </pre>
 *
 * Numbers are little-endian; the magic is compared, and the uuid kept, in file order. Source:
 * spec/formats.md §4 (proxmox-backup, pbs-datastore/src/fixed_index.rs, dynamic_index.rs).
 */
final class IndexFormat {
  static final int HEADER_BYTES = 4096;

  static final long FIXED_MAGIC = 0x2f7f41ed91fd0fcdL;
  static final long DYNAMIC_MAGIC = 0x1c914ea519bab3cdL;

  static final int MAGIC_AT = 0;
  static final int UUID_AT = 8;
  static final int CTIME_AT = 24;
  static final int CHECKSUM_AT = 32;
  static final int FIXED_CONTENT_BYTES_AT = 64;
  static final int FIXED_CHUNK_BYTES_AT = 72;

  static final int FIXED_ENTRY_BYTES = Digest.BYTES;
  static final int DYNAMIC_ENTRY_BYTES = Long.BYTES + Digest.BYTES;

  /**
   * The largest index that is read or written: it is held in one array. Enough for 128 TiB in
   * chunks of 4 MiB.
   */
  static final int FILE_BYTES_MAX = 1 << 30;

  /** No chunk holds more, so no index describes one. */
  static final int CHUNK_BYTES_MAX = DataBlob.CHUNK_PLAIN_BYTES_MAX;

  private static final VarHandle U64_LITTLE_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle U64_BIG_ENDIAN =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private IndexFormat() {}

  static long littleEndian(byte[] bytes, int at) {
    return (long) U64_LITTLE_ENDIAN.get(bytes, at);
  }

  static long bigEndian(byte[] bytes, int at) {
    return (long) U64_BIG_ENDIAN.get(bytes, at);
  }

  static Digest digest(byte[] bytes, int at) {
    return new Digest(
        bigEndian(bytes, at),
        bigEndian(bytes, at + 8),
        bigEndian(bytes, at + 16),
        bigEndian(bytes, at + 24));
  }

  static UUID uuid(byte[] file) {
    return new UUID(bigEndian(file, UUID_AT), bigEndian(file, UUID_AT + 8));
  }

  /** A header whose checksum is still zero. */
  static ByteBuffer header(long magic, UUID uuid, long ctime) {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    header.order(ByteOrder.BIG_ENDIAN);
    header.putLong(MAGIC_AT, magic);
    header.putLong(UUID_AT, uuid.getMostSignificantBits());
    header.putLong(UUID_AT + 8, uuid.getLeastSignificantBits());
    header.order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(CTIME_AT, ctime);
    return header;
  }

  /** As {@link #header}, with the two sizes that only a fixed index has. */
  static ByteBuffer fixedHeader(UUID uuid, long ctime, long contentBytes, int chunkBytes) {
    ByteBuffer header = header(FIXED_MAGIC, uuid, ctime);
    header.putLong(FIXED_CONTENT_BYTES_AT, contentBytes); // little-endian, as header() leaves it
    header.putLong(FIXED_CHUNK_BYTES_AT, chunkBytes);
    return header;
  }

  /** How many chunks of {@code chunkBytes} make {@code contentBytes}, both positive. */
  static long fixedChunkCount(long contentBytes, int chunkBytes) {
    return (contentBytes - 1) / chunkBytes + 1;
  }
}
