package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;

/**
 * A snapshot that was opened to be read as it is stored; nobody can remove it before it is closed.
 * Methods wait; any thread may call them, several at a time.
 */
public interface StoredSnapshot extends AutoCloseable {
  /** An index of 16 TiB of fixed chunks is 128 MiB. */
  int FILE_BYTES_MAX = 512 * 1024 * 1024;

  /** A file of the snapshot, unchecked. NOT_FOUND for a blob that is not there. */
  default byte[] download(ArchiveName name) {
    return download(name, FILE_BYTES_MAX);
  }

  /**
   * As {@link #download(ArchiveName)}.
   *
   * @param bytesMax a longer file is CORRUPT_DATA
   */
  byte[] download(ArchiveName name, int bytesMax);

  /**
   * The encoded bytes of a chunk, unchecked, in an array of exactly their size that is the
   * caller's.
   *
   * @param digest of an index that was downloaded here
   * @param bytesMax a longer one is CORRUPT_DATA
   */
  byte[] chunk(Digest digest, int bytesMax);

  /** What is pending fails. */
  @Override
  void close();
}
