package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Goes once over the digests that an index file names, in the memory of one block however long the
 * file is. For garbage collection, which must not lose a digest to a detail: entries are shown even
 * when their checksum is wrong, which {@link #visitChecking} finds out. One thread; blocks.
 */
public final class IndexScan implements Closeable {
  /** Whole entries of both formats: 5,120 of 32 bytes, or 4,096 of 40. */
  private static final int BLOCK_BYTES = 160 << 10;

  private final Path path;
  private final SeekableByteChannel channel;
  private final byte[] header = new byte[IndexFormat.HEADER_BYTES];
  private final long fileBytes;
  private final boolean fixed;

  /** Shown the four words of each digest, in the order of the file, repeated ones too. */
  public interface Visitor {
    void digest(long w0, long w1, long w2, long w3);

    /** After each block: the place to stop by throwing. */
    default void block() {}
  }

  /** Whether the entries have the checksum of the header. */
  public enum Entries {
    UNCHECKED,
    INTACT,
    DAMAGED
  }

  /**
   * @param contentBytes length of the archive
   */
  public record Summary(long contentBytes, long chunkCount, Entries entries) {}

  private IndexScan(Path path, SeekableByteChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.fileBytes = channel.size();
    if (fileBytes <= IndexFormat.HEADER_BYTES) {
      throw damaged(
          "found a length of " + fileBytes + " bytes",
          "more than " + IndexFormat.HEADER_BYTES + ", the header");
    }
    read(header, header.length);
    long magic = IndexFormat.bigEndian(header, IndexFormat.MAGIC_AT);
    this.fixed = magic == IndexFormat.FIXED_MAGIC;
    if (!fixed && magic != IndexFormat.DYNAMIC_MAGIC) {
      throw damaged("found magic " + HexFormat.of().toHexDigits(magic), "that of an index");
    }
    requireWholeEntries();
  }

  /**
   * Opens a file and reads its header.
   *
   * @throws BackupException NOT_FOUND, or CORRUPT_DATA when it is no index or is cut
   */
  public static IndexScan open(FileOps files, Path path) {
    SeekableByteChannel channel;
    try {
      channel = files.open(path);
    } catch (IOException e) {
      throw IndexFile.failure("cannot open index \"" + path + "\"", e);
    }
    try {
      return new IndexScan(path, channel);
    } catch (IOException e) {
      throw closed(channel, IndexFile.failure("cannot read index \"" + path + "\"", e));
    } catch (BackupException e) {
      throw closed(channel, e);
    }
  }

  private static BackupException closed(SeekableByteChannel channel, BackupException reason) {
    try {
      channel.close();
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
    return reason;
  }

  /** As the header gives it, which only {@link #visitChecking} proves. */
  public Digest checksum() {
    return IndexFormat.digest(header, IndexFormat.CHECKSUM_AT);
  }

  /** This or {@link #visitChecking} is to be called once. */
  public Summary visit(Visitor visitor) {
    return visit(visitor, null);
  }

  /** Hashes the entries as well, which may take as long as all the rest of a collection. */
  public Summary visitChecking(Visitor visitor) {
    return visit(visitor, Digest.sha256());
  }

  private Summary visit(Visitor visitor, @Nullable MessageDigest sha) {
    int entryBytes = entryBytes();
    int digestAt = entryBytes - Digest.BYTES;
    byte[] block = new byte[BLOCK_BYTES];
    long left = fileBytes - IndexFormat.HEADER_BYTES;
    long end = 0;
    try {
      while (left > 0) {
        int length = (int) Math.min(left, BLOCK_BYTES);
        read(block, length);
        if (sha != null) {
          sha.update(block, 0, length);
        }
        for (int at = digestAt; at < length; at += entryBytes) {
          visitor.digest(
              IndexFormat.bigEndian(block, at),
              IndexFormat.bigEndian(block, at + 8),
              IndexFormat.bigEndian(block, at + 16),
              IndexFormat.bigEndian(block, at + 24));
        }
        if (!fixed) {
          end = IndexFormat.littleEndian(block, length - entryBytes);
        }
        left -= length;
        visitor.block();
      }
    } catch (IOException e) {
      throw IndexFile.failure("cannot read index \"" + path + "\"", e);
    }
    return new Summary(
        fixed ? fixedContentBytes() : end,
        (fileBytes - IndexFormat.HEADER_BYTES) / entryBytes,
        sha == null ? Entries.UNCHECKED : entries(Digest.of(sha.digest())));
  }

  private Entries entries(Digest found) {
    return found.equals(checksum()) ? Entries.INTACT : Entries.DAMAGED;
  }

  private int entryBytes() {
    return fixed ? IndexFormat.FIXED_ENTRY_BYTES : IndexFormat.DYNAMIC_ENTRY_BYTES;
  }

  private long fixedContentBytes() {
    return IndexFormat.littleEndian(header, IndexFormat.FIXED_CONTENT_BYTES_AT);
  }

  // A cut file names fewer chunks than its archive has, and those are no garbage.
  private void requireWholeEntries() {
    long entriesBytes = fileBytes - IndexFormat.HEADER_BYTES;
    if (entriesBytes % entryBytes() != 0) {
      throw damaged("found " + entriesBytes + " bytes of entries", "a multiple of " + entryBytes());
    }
    if (fixed) {
      long chunkBytes = IndexFormat.littleEndian(header, IndexFormat.FIXED_CHUNK_BYTES_AT);
      long count = entriesBytes / entryBytes();
      if (chunkBytes < 1
          || chunkBytes > IndexFormat.CHUNK_BYTES_MAX
          || fixedContentBytes() < 1
          || IndexFormat.fixedChunkCount(fixedContentBytes(), (int) chunkBytes) != count) {
        throw damaged(
            "found " + count + " digests",
            "as many as "
                + Long.toUnsignedString(fixedContentBytes())
                + " bytes in chunks of "
                + Long.toUnsignedString(chunkBytes)
                + " have");
      }
    }
  }

  private void read(byte[] target, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(target, 0, length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw damaged("found the end of the file", fileBytes + " bytes, as when it was opened");
      }
    }
  }

  private BackupException damaged(String found, String expected) {
    return BackupException.corrupt(
            "index \"" + path + "\" is damaged: " + found + ", expected " + expected)
        .with("path", path);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw IndexFile.failure("cannot close index \"" + path + "\"", e);
    }
  }
}
