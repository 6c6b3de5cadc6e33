package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Writes a fixed index, its positions in any order and as often as wanted: one of known size, or
 * one that grows with what is set. Nothing is seen under the final name before {@link #finish}. Not
 * safe for use by several threads. The digests are kept in the (sparse) file and not in memory,
 * since a client chooses the size.
 */
public final class FixedIndexWriter implements Closeable {
  private static final long CHUNKS_MAX =
      (IndexFormat.FILE_BYTES_MAX - IndexFormat.HEADER_BYTES) / IndexFormat.FIXED_ENTRY_BYTES;

  /** What a position holds that was never written. */
  private static final Digest UNWRITTEN = new Digest(0, 0, 0, 0);

  private final IndexFile file;
  private final UUID uuid;
  private final long ctime;
  private final int chunkBytes;
  private final boolean growing;
  private long contentBytes;
  private final ByteBuffer entry = ByteBuffer.allocate(IndexFormat.FIXED_ENTRY_BYTES);

  private FixedIndexWriter(
      FileOps files, Path finalPath, UUID uuid, long ctime, int chunkBytes, long contentBytes) {
    this.uuid = uuid;
    this.ctime = ctime;
    this.chunkBytes = chunkBytes;
    this.growing = contentBytes == 0;
    this.contentBytes = contentBytes;
    this.file =
        IndexFile.create(
            files, finalPath, IndexFormat.fixedHeader(uuid, ctime, contentBytes, chunkBytes));
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
    requireChunkBytes(finalPath, chunkBytes);
    requireContentBytes(finalPath, contentBytes, chunkBytes);
    FixedIndexWriter writer =
        new FixedIndexWriter(files, finalPath, uuid, ctime, chunkBytes, contentBytes);
    try {
      writer.file.write(
          at(writer.chunkCount() - 1), ByteBuffer.allocate(IndexFormat.FIXED_ENTRY_BYTES));
    } catch (BackupException e) {
      writer.close();
      throw e;
    }
    return writer;
  }

  /**
   * As {@link #create}, for an image whose size nobody knows yet: it ends where the chunk ends that
   * is set farthest, and for good once that one is shorter than {@code chunkBytes}.
   */
  public static FixedIndexWriter createGrowing(
      FileOps files, Path finalPath, UUID uuid, long ctime, int chunkBytes) {
    requireChunkBytes(finalPath, chunkBytes);
    return new FixedIndexWriter(files, finalPath, uuid, ctime, chunkBytes, 0);
  }

  private static void requireChunkBytes(Path finalPath, int chunkBytes) {
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
  }

  private static void requireContentBytes(Path finalPath, long contentBytes, int chunkBytes) {
    if (contentBytes < 1 || IndexFormat.fixedChunkCount(contentBytes, chunkBytes) > CHUNKS_MAX) {
      throw BackupException.invalid(
          "index \""
              + finalPath
              + "\": size "
              + contentBytes
              + ", expected 1 … "
              + CHUNKS_MAX * chunkBytes);
    }
  }

  /** Starts from the digests of another index, which must have as many chunks of the same size. */
  public void copyFrom(FixedIndex base) {
    int chunkCount = chunkCount();
    if (base.chunkCount() != chunkCount || base.chunkSizeBytes() != chunkBytes) {
      throw BackupException.invalid(
          "cannot reuse index - index sizes not equal ("
              + chunkCount
              + " != "
              + base.chunkCount()
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
    if (growing && end > contentBytes) {
      grow(startOffset, plainBytes);
    }
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

  private void grow(long startOffset, int plainBytes) {
    long end = startOffset + plainBytes;
    if (contentBytes % chunkBytes != 0) {
      throw BackupException.invalid("refusing to resize from " + contentBytes + " to " + end);
    }
    requireAligned(startOffset);
    if (plainBytes >= 1 && plainBytes <= chunkBytes) {
      requireContentBytes(file.path(), end, chunkBytes);
      contentBytes = end;
    }
  }

  public UUID uuid() {
    return uuid;
  }

  /** So far, when it grows. */
  public long contentBytes() {
    return contentBytes;
  }

  public int chunkBytes() {
    return chunkBytes;
  }

  /** How many chunks the index has as it is now, written or not. */
  public int chunkCount() {
    return contentBytes == 0 ? 0 : (int) IndexFormat.fixedChunkCount(contentBytes, chunkBytes);
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
    if (contentBytes == 0) {
      throw BackupException.invalid(
          "index \"" + file.path() + "\" has no chunk, expected at least one");
    }
    Digest checksum = file.checksum(entriesBytes(), this::requireWritten);
    file.publish(
        IndexFormat.fixedHeader(uuid, ctime, contentBytes, chunkBytes), checksum, entriesBytes());
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
                + chunkCount()
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
    return (long) chunkCount() * IndexFormat.FIXED_ENTRY_BYTES;
  }
}
