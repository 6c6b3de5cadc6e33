package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Writes a fixed index of known size, its positions in any order and as often as wanted. Nothing is
 * seen under the final name before {@link #finish}. Not safe for use by several threads. The
 * digests are kept in the (sparse) file and not in memory, since a client chooses the size.
 */
public final class FixedIndexWriter implements Closeable {
  private static final long CHUNKS_MAX =
      (IndexFormat.FILE_BYTES_MAX - IndexFormat.HEADER_BYTES) / IndexFormat.FIXED_ENTRY_BYTES;

  /** What a position holds that was never written. */
  private static final Digest UNWRITTEN = new Digest(0, 0, 0, 0);

  private final IndexFile file;
  private final ByteBuffer header;
  private final long contentBytes;
  private final int chunkBytes;
  private final int chunkCount;
  private final ByteBuffer entry = ByteBuffer.allocate(IndexFormat.FIXED_ENTRY_BYTES);

  private FixedIndexWriter(
      IndexFile file, ByteBuffer header, long contentBytes, int chunkBytes, int chunkCount) {
    this.file = file;
    this.header = header;
    this.contentBytes = contentBytes;
    this.chunkBytes = chunkBytes;
    this.chunkCount = chunkCount;
  }

  /**
   * Creates the temporary file beside {@code finalPath}.
   *
   * @param ctime seconds since the epoch
   * @param contentBytes size of the image, at least 1
   * @param chunkBytes a power of two up to 16 MiB
   * @throws BackupException INVALID_INPUT for a size out of range, ALREADY_EXISTS when the same
   *     index is being written, OUT_OF_SPACE
   */
  public static FixedIndexWriter create(
      FileOps files, Path finalPath, UUID uuid, long ctime, long contentBytes, int chunkBytes) {
    if (Integer.bitCount(chunkBytes) != 1
        || chunkBytes < 1
        || chunkBytes > IndexFormat.CHUNK_BYTES_MAX) {
      throw BackupException.invalid(
          "index \""
              + finalPath
              + "\": chunk size "
              + chunkBytes
              + ", expected a power of two up to "
              + IndexFormat.CHUNK_BYTES_MAX);
    }
    if (contentBytes < 1 || IndexFormat.fixedChunkCount(contentBytes, chunkBytes) > CHUNKS_MAX) {
      throw BackupException.invalid(
          "index \""
              + finalPath
              + "\": size "
              + contentBytes
              + ", expected 1 … "
              + CHUNKS_MAX * chunkBytes);
    }
    int chunkCount = (int) IndexFormat.fixedChunkCount(contentBytes, chunkBytes);
    ByteBuffer header = IndexFormat.fixedHeader(uuid, ctime, contentBytes, chunkBytes);
    IndexFile file = IndexFile.create(files, finalPath, header.duplicate());
    try {
      file.write(at(chunkCount - 1), ByteBuffer.allocate(IndexFormat.FIXED_ENTRY_BYTES));
    } catch (BackupException e) {
      file.close();
      throw e;
    }
    return new FixedIndexWriter(file, header, contentBytes, chunkBytes, chunkCount);
  }

  /** Starts from the digests of another index, which must have as many chunks of the same size. */
  public void copyFrom(FixedIndex base) {
    if (base.chunkCount() != chunkCount || base.chunkSizeBytes() != chunkBytes) {
      throw BackupException.invalid(
          "cannot reuse index - index sizes not equal ("
              + base.chunkCount()
              + " != "
              + chunkCount
              + ")");
    }
    for (int i = 0; i < chunkCount; i++) {
      put(i, base.digest(i));
    }
  }

  /** Sets the chunk that starts at {@code startOffset}. */
  public void set(long startOffset, Digest digest) {
    if (startOffset < 0 || startOffset >= contentBytes) {
      throw BackupException.invalid(
          "chunk data exceeds size (" + startOffset + " >= " + contentBytes + ")");
    }
    requireAligned(startOffset);
    put((int) (startOffset / chunkBytes), digest);
  }

  /**
   * As {@link #set(long, Digest)}, and checks that a chunk of {@code plainBytes} fits there
   * (spec/protocols.md §4.5, PUT fixed_index; the unbalanced bracket is PBS's).
   */
  public void set(long startOffset, int plainBytes, Digest digest) {
    long end = startOffset + plainBytes;
    if (startOffset < 0 || end < 0 || end > contentBytes) {
      throw BackupException.invalid(
          "chunk data exceeds size (" + end + " >= " + contentBytes + ")");
    }
    if (plainBytes < 1
        || plainBytes > chunkBytes
        || (end != contentBytes && plainBytes != chunkBytes)) {
      throw BackupException.invalid(
          "chunk with unexpected length (" + plainBytes + " != " + chunkBytes);
    }
    requireAligned(startOffset);
    put((int) (startOffset / chunkBytes), digest);
  }

  public long contentBytes() {
    return contentBytes;
  }

  public int chunkBytes() {
    return chunkBytes;
  }

  /** How many chunks the finished index has, written or not. */
  public int chunkCount() {
    return chunkCount;
  }

  /** SHA-256 over all digests as they are now; reads the whole file. */
  public Digest checksum() {
    return file.checksum(entriesBytes(), (block, at) -> {});
  }

  /**
   * Completes the file, reads all of it again and renames. Refuses an index with a position that
   * was never written, which no restore could follow. An error leaves nothing under the final name;
   * close the writer then.
   */
  public void finish() {
    Digest checksum = file.checksum(entriesBytes(), this::requireWritten);
    file.publish(header, checksum, entriesBytes());
  }

  /** Without {@link #finish} before: removes the temporary file. */
  @Override
  public void close() {
    file.close();
  }

  private void requireWritten(ByteBuffer entries, long fileOffset) {
    for (long at = fileOffset; entries.hasRemaining(); at += IndexFormat.FIXED_ENTRY_BYTES) {
      if (Digest.read(entries).equals(UNWRITTEN)) {
        long chunk = (at - IndexFormat.HEADER_BYTES) / IndexFormat.FIXED_ENTRY_BYTES;
        throw BackupException.invalid(
            "index \""
                + file.path()
                + "\" is incomplete: chunk "
                + chunk
                + " of "
                + chunkCount
                + " (position "
                + chunk * chunkBytes
                + ") was never written");
      }
    }
  }

  private void requireAligned(long startOffset) {
    if (startOffset % chunkBytes != 0) {
      throw BackupException.invalid("got unaligned chunk (pos = " + startOffset + ")");
    }
  }

  private void put(int chunk, Digest digest) {
    entry.clear();
    digest.write(entry);
    file.write(at(chunk), entry.flip());
  }

  private static long at(int chunk) {
    return IndexFormat.HEADER_BYTES + (long) chunk * IndexFormat.FIXED_ENTRY_BYTES;
  }

  private long entriesBytes() {
    return (long) chunkCount * IndexFormat.FIXED_ENTRY_BYTES;
  }
}
