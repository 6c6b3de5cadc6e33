package dev.holdfast.chunkstore.file;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Every operation that a datastore does on files. There is one real implementation, {@link
 * LocalFiles}; tests wrap it to fail the n-th operation, to tear a write or to lose power after it.
 *
 * <p>All calls block and may come from any thread. A call that throws has changed nothing that a
 * reader of the final names can see. Modes are Unix permission bits, applied exactly (no umask).
 */
public interface FileOps {
  /** What a caller needs to know of a file; links are not followed. */
  record Stat(Kind kind, long bytes, Instant accessTime, Instant modifyTime) {
    public enum Kind {
      REGULAR,
      DIRECTORY,
      OTHER
    }

    public boolean isRegular() {
      return kind == Kind.REGULAR;
    }

    public boolean isDirectory() {
      return kind == Kind.DIRECTORY;
    }
  }

  /** Null when there is nothing of that name. */
  @Nullable Stat stat(Path path) throws IOException;

  /**
   * The number under which the file system keeps a file, which tells about where on the disk; 0
   * when there is none, or no file.
   */
  default long inode(Path path) throws IOException {
    return 0;
  }

  /**
   * One directory; its parent must exist. Throws {@link java.nio.file.FileAlreadyExistsException}
   * when the name is taken.
   */
  void createDirectory(Path directory, int mode) throws IOException;

  /**
   * Entries in the order of the file system, read as they are asked for; the caller closes the
   * stream.
   */
  DirectoryStream<Path> list(Path directory) throws IOException;

  /**
   * Opens for reading; the caller closes. Throws {@link java.nio.file.NoSuchFileException} when
   * absent.
   */
  SeekableByteChannel open(Path file) throws IOException;

  /** Creates (never opens) a file for reading and writing; the caller closes. */
  WritableFile create(Path file, int mode) throws IOException;

  /**
   * Opens for reading and writing, with the position at the end; creates the file when it is
   * absent, with that mode. The caller closes.
   */
  WritableFile append(Path file, int mode) throws IOException;

  /** Atomically replaces {@code to}. */
  void rename(Path from, Path to) throws IOException;

  /**
   * Removes a file or an empty directory. Throws {@link java.nio.file.NoSuchFileException} when
   * absent.
   */
  void delete(Path path) throws IOException;

  /**
   * Sets the access time alone: the mark that garbage collection goes by (spec/formats.md §1.5).
   */
  void touch(Path file, Instant accessTime) throws IOException;

  /** Makes the content of a closed file durable (fsync). */
  void syncFile(Path file) throws IOException;

  /** Makes the names in a directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /**
   * Makes everything on the file system of {@code path} durable (syncfs where the platform has it).
   */
  void syncFileSystem(Path path) throws IOException;

  /**
   * For a walk over many directories with many small questions in each. The caller closes it, on
   * the thread that got it.
   */
  default DirectoryWalker walker() {
    return new PathWalker(this);
  }

  /** Bytes that can still be written to the file system of {@code path}, and its size. */
  Space space(Path path) throws IOException;

  record Space(long totalBytes, long usedBytes, long availableBytes) {}

  /** A file that is being written. */
  interface WritableFile extends SeekableByteChannel {
    /** Makes the content durable (fsync). */
    void force() throws IOException;
  }
}
