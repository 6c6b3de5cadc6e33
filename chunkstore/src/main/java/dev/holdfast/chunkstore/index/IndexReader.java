package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Reads and checks index files; see {@link ChunkIndex} for what is checked. */
final class IndexReader {
  /** For error texts: {@code dynamic index "/store/…/root.pxar.didx"}. */
  private final String what;

  private final byte[] file;

  private IndexReader(byte[] file, String what) {
    this.file = file;
    this.what = what;
  }

  static ChunkIndex read(
      FileOps files, Path path, ArchiveName name, @Nullable Digest checksumExpected) {
    String what = describe(name, path.toString());
    byte[] bytes;
    try (SeekableByteChannel channel = files.open(path)) {
      bytes = new byte[checkedLength(channel.size(), what)];
      ByteBuffer target = ByteBuffer.wrap(bytes);
      while (target.hasRemaining()) {
        if (channel.read(target) < 0) {
          throw corrupt(
              what, target.position(), "found the end of the file", bytes.length + " bytes");
        }
      }
    } catch (IOException e) {
      throw IndexFile.failure("Unable to open " + what, e);
    }
    return new IndexReader(bytes, what).parse(name, checksumExpected);
  }

  static ChunkIndex parse(
      byte[] bytes, ArchiveName name, String where, @Nullable Digest checksumExpected) {
    String what = describe(name, where);
    checkedLength(bytes.length, what);
    return new IndexReader(bytes, what).parse(name, checksumExpected);
  }

  private ChunkIndex parse(ArchiveName name, @Nullable Digest checksumExpected) {
    long magic =
        switch (name.kind()) {
          case FIXED_INDEX -> IndexFormat.FIXED_MAGIC;
          case DYNAMIC_INDEX -> IndexFormat.DYNAMIC_MAGIC;
          case BLOB ->
              throw BackupException.invalid("archive '" + name + "' is a blob, expected an index");
        };
    long found = IndexFormat.bigEndian(file, IndexFormat.MAGIC_AT);
    if (found != magic) {
      throw corrupt(
          IndexFormat.MAGIC_AT,
          "found magic " + HexFormat.of().toHexDigits(found),
          HexFormat.of().toHexDigits(magic));
    }
    if (magic == IndexFormat.FIXED_MAGIC) {
      return fixed(checksumExpected);
    }
    return dynamic(checksumExpected);
  }

  private FixedIndex fixed(@Nullable Digest checksumExpected) {
    long chunkBytes = IndexFormat.littleEndian(file, IndexFormat.FIXED_CHUNK_BYTES_AT);
    if (Long.bitCount(chunkBytes) != 1
        || chunkBytes < 0
        || chunkBytes > IndexFormat.CHUNK_BYTES_MAX) {
      throw corrupt(
          IndexFormat.FIXED_CHUNK_BYTES_AT,
          "found chunk size " + Long.toUnsignedString(chunkBytes),
          "a power of two up to " + IndexFormat.CHUNK_BYTES_MAX);
    }
    long contentBytes = IndexFormat.littleEndian(file, IndexFormat.FIXED_CONTENT_BYTES_AT);
    if (contentBytes < 1) {
      throw corrupt(
          IndexFormat.FIXED_CONTENT_BYTES_AT,
          "found content size " + Long.toUnsignedString(contentBytes),
          "1 … " + Long.MAX_VALUE);
    }
    long count = IndexFormat.fixedChunkCount(contentBytes, (int) chunkBytes);
    int entriesBytes = file.length - IndexFormat.HEADER_BYTES;
    if (entriesBytes % IndexFormat.FIXED_ENTRY_BYTES != 0
        || entriesBytes / IndexFormat.FIXED_ENTRY_BYTES != count) {
      throw corrupt(
          IndexFormat.HEADER_BYTES,
          "found " + entriesBytes + " bytes of digests",
          count + " digests of 32 bytes for a content of " + contentBytes + " bytes");
    }
    return new FixedIndex(file, contentBytes, (int) chunkBytes, checksum(checksumExpected));
  }

  private DynamicIndex dynamic(@Nullable Digest checksumExpected) {
    int entriesBytes = file.length - IndexFormat.HEADER_BYTES;
    if (entriesBytes % IndexFormat.DYNAMIC_ENTRY_BYTES != 0) {
      throw corrupt(
          IndexFormat.HEADER_BYTES,
          "found " + entriesBytes + " bytes of entries",
          "a multiple of " + IndexFormat.DYNAMIC_ENTRY_BYTES);
    }
    long start = 0;
    for (int at = IndexFormat.HEADER_BYTES;
        at < file.length;
        at += IndexFormat.DYNAMIC_ENTRY_BYTES) {
      long end = IndexFormat.littleEndian(file, at);
      if (end <= start || end - start > IndexFormat.CHUNK_BYTES_MAX) {
        throw corrupt(
            at,
            "found end offset " + Long.toUnsignedString(end),
            (start + 1) + " … " + (start + IndexFormat.CHUNK_BYTES_MAX));
      }
      start = end;
    }
    return new DynamicIndex(file, checksum(checksumExpected));
  }

  private Digest checksum(@Nullable Digest expected) {
    Digest computed =
        Digest.sha256(file, IndexFormat.HEADER_BYTES, file.length - IndexFormat.HEADER_BYTES);
    if (expected != null) {
      if (!computed.equals(expected)) {
        throw corrupt(
            IndexFormat.HEADER_BYTES, "found entries with checksum " + computed, expected.hex());
      }
      return computed;
    }
    Digest stored = IndexFormat.digest(file, IndexFormat.CHECKSUM_AT);
    if (!computed.equals(stored)) {
      throw corrupt(
          IndexFormat.CHECKSUM_AT, "found checksum " + stored, computed + ", as the entries have");
    }
    return computed;
  }

  private static int checkedLength(long bytes, String what) {
    if (bytes <= IndexFormat.HEADER_BYTES || bytes > IndexFormat.FILE_BYTES_MAX) {
      throw corrupt(
          what,
          0,
          "found a length of " + bytes + " bytes",
          (IndexFormat.HEADER_BYTES + 1) + " … " + IndexFormat.FILE_BYTES_MAX);
    }
    return (int) bytes;
  }

  private BackupException corrupt(int offset, String found, String expected) {
    return corrupt(what, offset, found, expected);
  }

  private static BackupException corrupt(String what, int offset, String found, String expected) {
    return BackupException.corrupt(
            "Unable to open "
                + what
                + " - "
                + found
                + " at offset "
                + offset
                + ", expected "
                + expected)
        .with("offset", offset);
  }

  private static String describe(ArchiveName name, String where) {
    String kind = name.kind() == ArchiveName.Kind.FIXED_INDEX ? "fixed" : "dynamic";
    return kind + " index \"" + where + "\"";
  }
}
