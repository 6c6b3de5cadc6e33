package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.model.Digest;
import java.util.Objects;
import java.util.UUID;

/** The index of a stream cut by its content: each entry is an end offset and a digest. */
public final class DynamicIndex implements ChunkIndex {
  private final byte[] file;
  private final int chunkCount;
  private final Digest checksum;

  /** Of a file that {@link IndexReader} has checked. */
  DynamicIndex(byte[] file, Digest checksum) {
    this.file = file;
    this.chunkCount = (file.length - IndexFormat.HEADER_BYTES) / IndexFormat.DYNAMIC_ENTRY_BYTES;
    this.checksum = checksum;
  }

  @Override
  public int chunkCount() {
    return chunkCount;
  }

  @Override
  public Digest digest(int i) {
    return IndexFormat.digest(file, entryAt(i) + Long.BYTES);
  }

  @Override
  public long start(int i) {
    return i == 0 ? 0 : end(i - 1);
  }

  @Override
  public long end(int i) {
    return IndexFormat.littleEndian(file, entryAt(i));
  }

  @Override
  public long contentBytes() {
    return end(chunkCount - 1);
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
    Objects.checkIndex(position, contentBytes());
    int low = 0;
    int high = chunkCount - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (end(middle) > position) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private int entryAt(int i) {
    return IndexFormat.HEADER_BYTES
        + Objects.checkIndex(i, chunkCount) * IndexFormat.DYNAMIC_ENTRY_BYTES;
  }
}
