package dev.holdfast.chunkstore.index;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of an archive in order. Immutable; may be shared between threads. Chunk {@code i}
 * covers the bytes {@code start(i)} (inclusive) to {@code end(i)} (exclusive) of the archive, and
 * every chunk has 1 byte … 16 MiB.
 *
 * <p>Reading checks, in this order: length, magic, size fields, file length, entries, checksum. The
 * header's checksum is compared with the entries unless the caller has the one of the manifest,
 * which then decides alone, as with PBS (spec/formats.md §4.3): so a damaged header never hides
 * good entries, and damaged entries never pass.
 */
public sealed interface ChunkIndex permits DynamicIndex, FixedIndex {
  int chunkCount();

  Digest digest(int i);

  long start(int i);

  long end(int i);

  /** Length of the chunk's content, 1 … 16 MiB. */
  default int chunkBytes(int i) {
    return (int) (end(i) - start(i));
  }

  /** Length of the archive. */
  long contentBytes();

  /** SHA-256 over the entries, computed when the index was read: the manifest's {@code csum}. */
  Digest checksum();

  /** Identifies the file; nothing depends on it. */
  UUID uuid();

  /** When it was written, in seconds since the epoch. */
  long ctime();

  /** The chunk that covers the byte at {@code position}, which is 0 … contentBytes - 1. */
  int chunkAt(long position);

  /**
   * Reads an index file whose checksum is in its header.
   *
   * @throws BackupException NOT_FOUND, or CORRUPT_DATA naming file, offset, found and expected
   */
  static ChunkIndex read(FileOps files, Path file, ArchiveName name) {
    return IndexReader.read(files, file, name, null);
  }

  /** Reads an index file that must have the checksum that a manifest gives. */
  static ChunkIndex read(FileOps files, Path file, ArchiveName name, Digest checksum) {
    return IndexReader.read(files, file, name, checksum);
  }

  /**
   * As {@link #read} for bytes in memory, which belong to the index from now on.
   *
   * @param where for the error text: the file, or the peer it came from
   */
  static ChunkIndex parse(byte[] bytes, ArchiveName name, String where) {
    return IndexReader.parse(bytes, name, where, null);
  }

  /** As {@link #parse(byte[], ArchiveName, String)}, with the checksum that a manifest gives. */
  static ChunkIndex parse(byte[] bytes, ArchiveName name, String where, @Nullable Digest checksum) {
    return IndexReader.parse(bytes, name, where, checksum);
  }
}
