package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.UUID;

/**
 * Writes a dynamic index front to back. Nothing is seen under the final name before {@link
 * #finish}. Not safe for use by several threads. Memory: one block, whatever the length.
 */
public final class DynamicIndexWriter implements Closeable {
  private static final int CHUNKS_MAX =
      (IndexFormat.FILE_BYTES_MAX - IndexFormat.HEADER_BYTES) / IndexFormat.DYNAMIC_ENTRY_BYTES;

  private static final int BUFFERED_ENTRIES = 1024;

  private final IndexFile file;
  private final UUID uuid;
  private final ByteBuffer header;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFERED_ENTRIES * IndexFormat.DYNAMIC_ENTRY_BYTES)
          .order(ByteOrder.LITTLE_ENDIAN);
  private final MessageDigest sha = Digest.sha256();
  private long writtenBytes;
  private long contentBytes;
  private int chunkCount;

  private DynamicIndexWriter(IndexFile file, UUID uuid, ByteBuffer header) {
    this.file = file;
    this.uuid = uuid;
    this.header = header;
  }

  /**
   * Creates the temporary file beside {@code finalPath}.
   *
   * @param ctime seconds since the epoch
   * @throws BackupException ALREADY_EXISTS when the same index is being written, OUT_OF_SPACE
   */
  public static DynamicIndexWriter create(FileOps files, Path finalPath, UUID uuid, long ctime) {
    ByteBuffer header = IndexFormat.header(IndexFormat.DYNAMIC_MAGIC, uuid, ctime);
    return new DynamicIndexWriter(
        IndexFile.create(files, finalPath, header.duplicate()), uuid, header);
  }

  /** Adds the chunk that ends before {@code endOffset}; nothing is changed when that is refused. */
  public void append(long endOffset, Digest digest) {
    long bytes = endOffset - contentBytes;
    if (bytes < 1 || bytes > IndexFormat.CHUNK_BYTES_MAX) {
      throw BackupException.invalid(
          "index \""
              + file.path()
              + "\": chunk "
              + chunkCount
              + " ends at "
              + endOffset
              + ", expected "
              + (contentBytes + 1)
              + " … "
              + (contentBytes + IndexFormat.CHUNK_BYTES_MAX));
    }
    if (chunkCount == CHUNKS_MAX) {
      throw BackupException.invalid(
          "index \"" + file.path() + "\" is full: found more than " + CHUNKS_MAX + " chunks");
    }
    if (!buffer.hasRemaining()) {
      flush();
    }
    int at = buffer.position();
    buffer.putLong(endOffset);
    digest.write(buffer);
    sha.update(buffer.array(), at, IndexFormat.DYNAMIC_ENTRY_BYTES);
    contentBytes = endOffset;
    chunkCount++;
  }

  public UUID uuid() {
    return uuid;
  }

  public long contentBytes() {
    return contentBytes;
  }

  public int chunkCount() {
    return chunkCount;
  }

  /** SHA-256 over the entries appended so far. */
  public Digest checksum() {
    try {
      return Digest.of(((MessageDigest) sha.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new AssertionError("the JDK's SHA-256 can be cloned", e);
    }
  }

  /**
   * Completes the file, reads all of it again, compares and renames. An error leaves nothing under
   * the final name; close the writer then.
   */
  public void finish() {
    if (chunkCount == 0) {
      throw BackupException.invalid(
          "index \"" + file.path() + "\" has no chunk, expected at least one");
    }
    flush();
    file.requireSame(
        "checksum", file.checksum(writtenBytes, (b, at) -> {}).hex(), checksum().hex());
    file.publish(header, checksum(), writtenBytes);
  }

  /** Without {@link #finish} before: removes the temporary file. */
  @Override
  public void close() {
    file.close();
  }

  private void flush() {
    buffer.flip();
    int bytes = buffer.remaining();
    file.write(IndexFormat.HEADER_BYTES + writtenBytes, buffer);
    writtenBytes += bytes;
    buffer.clear();
  }
}
