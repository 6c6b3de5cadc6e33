package dev.holdfast.chunkstore.file;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The one place that turns what a file system says into the project's error: absent, full, not
 * permitted, or broken. The message is {@code <doing> '<path>': <what the system said>}.
 */
public final class FileErrors {
  /** What PBS prints for ENOENT; people search for it (spec/protocols.md §7.3). */
  public static final String NO_SUCH_FILE = "No such file or directory (os error 2)";

  /** A disk with less than this left is called full, whatever language the system speaks. */
  private static final long FULL_BELOW_BYTES = 64 * 1024;

  private FileErrors() {}

  /** For reading and for small changes. {@code doing} reads like "cannot open chunk". */
  public static BackupException of(String doing, Path path, IOException cause) {
    BackupException error =
        new BackupException(kind(cause), doing + " '" + path + "': " + reason(cause), cause)
            .with("path", path);
    String guidance = guidance(error.kind(), cause);
    return guidance == null ? error : error.advise(guidance);
  }

  /**
   * For writing {@code bytes}: a file system that has no room for them is OUT_OF_SPACE even when
   * its message is in another language.
   */
  public static BackupException ofWrite(
      FileOps files, String doing, Path path, long bytes, IOException cause) {
    BackupException error = of(doing, path, cause);
    if (error.kind() == Kind.INTERNAL && isFull(files, path, bytes)) {
      return new BackupException(Kind.OUT_OF_SPACE, error.text(), cause)
          .with("path", path)
          .advise(FREE_SPACE);
    }
    return error;
  }

  private static final String FREE_SPACE =
      "Free space on this file system (prune and garbage-collect, or grow it), then try again.";

  private static Kind kind(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return Kind.NOT_FOUND;
    }
    if (cause instanceof FileAlreadyExistsException) {
      return Kind.ALREADY_EXISTS;
    }
    String reason = reason(cause);
    return reason.contains("No space left on device") || reason.contains("Disk quota exceeded")
        ? Kind.OUT_OF_SPACE
        : Kind.INTERNAL;
  }

  private static String reason(IOException cause) {
    if (cause instanceof NoSuchFileException) {
      return NO_SUCH_FILE;
    }
    if (cause instanceof AccessDeniedException) {
      return "Permission denied";
    }
    if (cause instanceof FileAlreadyExistsException) {
      return "File exists";
    }
    if (cause instanceof FileSystemException e && e.getReason() != null) {
      return e.getReason();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private static @Nullable String guidance(Kind kind, IOException cause) {
    if (kind == Kind.OUT_OF_SPACE) {
      return FREE_SPACE;
    }
    return cause instanceof AccessDeniedException
        ? "Give the user that runs the node access to this path."
        : null;
  }

  private static boolean isFull(FileOps files, Path path, long bytes) {
    Path directory = path.getParent();
    if (directory == null) {
      return false;
    }
    try {
      return files.space(directory).availableBytes() < Math.max(bytes, FULL_BELOW_BYTES);
    } catch (IOException e) {
      return false; // the first error says more than this one would
    }
  }
}
