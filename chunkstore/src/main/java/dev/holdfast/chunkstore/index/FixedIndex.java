package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.model.Digest;
import java.util.Objects;
import java.util.UUID;

/**
 * The index of an image cut into pieces of equal size, the last one shorter. A position that was
 * never written has the digest of 32 zero bytes.
 */
public final class FixedIndex implements ChunkIndex {
  private final byte[] file;
  private final int chunkCount;
  private final long contentBytes;
  private final int chunkSizeBytes;
  private final Digest checksum;

  /** Of a file that {@link IndexReader} has checked. */
  FixedIndex(byte[] file, long contentBytes, int chunkSizeBytes, Digest checksum) {
    this.file = file;
    this.chunkCount = (file.length - IndexFormat.HEADER_BYTES) / IndexFormat.FIXED_ENTRY_BYTES;
    this.contentBytes = contentBytes;
    this.chunkSizeBytes = chunkSizeBytes;
    this.checksum = checksum;
  }

  /** Length of every chunk but the last: a power of two, 4 MiB in practice. */
  public int chunkSizeBytes() {
    return chunkSizeBytes;
  }

  @Override
  public int chunkCount() {
    return chunkCount;
  }

  @Override
  public Digest digest(int i) {
    Objects.checkIndex(i, chunkCount);
    return IndexFormat.digest(file, IndexFormat.HEADER_BYTES + i * IndexFormat.FIXED_ENTRY_BYTES);
  }

  @Override
  public long start(int i) {
    return (long) Objects.checkIndex(i, chunkCount) * chunkSizeBytes;
  }

  @Override
  public long end(int i) {
    return i == chunkCount - 1 ? contentBytes : start(i) + chunkSizeBytes;
  }

  @Override
  public long contentBytes() {
    return contentBytes;
  }

  @Override
  public Digest checksum() {
    return checksum;
  }

  @Override
  public UUID uuid() {
    return IndexFormat.uuid(file);
  }

  @Override
  public long ctime() {
    return IndexFormat.littleEndian(file, IndexFormat.CTIME_AT);
  }

  @Override
  public int chunkAt(long position) {
    return (int) (Objects.checkIndex(position, contentBytes) / chunkSizeBytes);
  }
}
