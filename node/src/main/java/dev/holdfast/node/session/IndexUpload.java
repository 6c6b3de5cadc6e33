package dev.holdfast.node.session;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.util.UUID;

/**
 * An index that a client is writing: its checks, and what was uploaded for it. Error texts are
 * those of spec/protocols.md §4.5, missing brackets included. Not thread-safe: {@link BackupState}
 * guards it.
 */
abstract sealed class IndexUpload {
  /** The word for the kind in texts and logs. */
  final String kind;

  final ArchiveName name;

  /** Entries appended in this session. */
  long appended;

  UploadStatistics statistics = UploadStatistics.NONE;

  /** A close gave another checksum: client and node do not mean the same index. */
  private boolean disputed;

  private IndexUpload(String kind, ArchiveName name) {
    this.kind = kind;
    this.name = name;
  }

  /** After a chunk was stored for this index; throws when the index can not take such a chunk. */
  void uploaded(int plainBytes, int encodedBytes, boolean duplicate) {
    statistics =
        statistics.plus(new UploadStatistics(1, plainBytes, encodedBytes, duplicate ? 1 : 0));
  }

  /** Adds an entry; {@code offset} is where the chunk starts. */
  abstract void append(Digest digest, int plainBytes, long offset);

  /** Checks what the client believes it wrote, then gives the file its final name. */
  abstract void close(long chunkCount, long contentBytes, Digest checksum);

  /** Removes the unfinished file. */
  abstract void discard();

  /** Content bytes, for the log. */
  abstract long contentBytes();

  /** Of the index file, for the log. */
  abstract UUID uuid();

  /** After counts and sizes. Other mistakes of a close can be mended, this one never. */
  final void requireChecksum(Digest found, Digest given) {
    if (disputed) {
      throw closeFailed("already closed");
    }
    if (!found.equals(given)) {
      disputed = true;
      throw closeFailed("got unexpected checksum");
    }
  }

  final BackupException closeFailed(String why) {
    return BackupException.invalid(kind + " writer '" + name + "' close failed - " + why);
  }

  /** Chunks follow each other; an entry's offset must be where the last one ended. */
  static final class Dynamic extends IndexUpload {
    private final DynamicIndexWriter writer;

    Dynamic(ArchiveName name, DynamicIndexWriter writer) {
      super("dynamic", name);
      this.writer = writer;
    }

    @Override
    void append(Digest digest, int plainBytes, long offset) {
      long expected = writer.contentBytes();
      if (offset != expected) {
        throw BackupException.invalid(
            "dynamic writer '"
                + name
                + "' append chunk failed - got strange chunk offset ("
                + expected
                + " != "
                + offset
                + ")");
      }
      writer.append(expected + plainBytes, digest);
      appended++;
    }

    @Override
    void close(long chunkCount, long contentBytes, Digest checksum) {
      if (appended != chunkCount) {
        throw closeFailed("unexpected chunk count (" + appended + " != " + chunkCount + ")");
      }
      if (writer.contentBytes() != contentBytes) {
        throw closeFailed(
            "unexpected file size (" + writer.contentBytes() + " != " + contentBytes + ")");
      }
      requireChecksum(writer.checksum(), checksum);
      writer.finish();
    }

    @Override
    void discard() {
      writer.close();
    }

    @Override
    long contentBytes() {
      return writer.contentBytes();
    }

    @Override
    UUID uuid() {
      return writer.uuid();
    }
  }

  /** Chunks of 4 MiB at their places, in any order; the last one may be shorter. */
  static final class Fixed extends IndexUpload {
    private final FixedIndexWriter writer;
    private final boolean incremental;
    private int shortChunks;

    /**
     * @param incremental the digests of the previous snapshot were copied: only changes are
     *     appended, so the client's counts at close are of this session alone
     */
    Fixed(ArchiveName name, FixedIndexWriter writer, boolean incremental) {
      super("fixed", name);
      this.writer = writer;
      this.incremental = incremental;
    }

    /** Called with the wid, which this text names where others name the archive. */
    void checkUpload(int wid, int plainBytes) {
      int chunkBytes = writer.chunkBytes();
      if (plainBytes > chunkBytes) {
        throw BackupException.invalid(
            "fixed writer '" + name + "' - got large chunk (" + plainBytes + " > " + chunkBytes);
      }
      if (plainBytes < chunkBytes && ++shortChunks > 1) {
        throw BackupException.invalid(
            "fixed writer '" + wid + "' - detected multiple end chunks (chunk size too small)");
      }
    }

    @Override
    void append(Digest digest, int plainBytes, long offset) {
      writer.set(offset, plainBytes, digest);
      appended++;
    }

    @Override
    void close(long chunkCount, long givenBytes, Digest checksum) {
      if (appended != chunkCount) {
        throw closeFailed(
            "received wrong number of chunk (" + appended + " != " + chunkCount + ")");
      }
      if (!incremental) {
        long contentBytes = writer.contentBytes();
        int needed = writer.chunkCount();
        if (needed != appended) {
          throw closeFailed("unexpected chunk count (" + needed + " != " + appended + ")");
        }
        if (contentBytes != givenBytes) {
          throw closeFailed("unexpected file size (" + contentBytes + " != " + givenBytes + ")");
        }
      }
      requireChecksum(writer.checksum(), checksum);
      writer.finish();
    }

    @Override
    void discard() {
      writer.close();
    }

    @Override
    long contentBytes() {
      return writer.contentBytes();
    }

    @Override
    UUID uuid() {
      return writer.uuid();
    }
  }
}
