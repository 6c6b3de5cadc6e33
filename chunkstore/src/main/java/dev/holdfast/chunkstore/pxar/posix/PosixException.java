package dev.holdfast.chunkstore.pxar.posix;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import java.util.Map;

/** A system call that failed, with the number that says why. Has changed nothing. */
public final class PosixException extends IOException {
  private static final long serialVersionUID = 1L;

  // Source: Linux include/uapi/asm-generic/errno-base.h and errno.h.
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EEXIST = 17;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENOTTY = 25;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int ERANGE = 34;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int ENODATA = 61;
  public static final int EOPNOTSUPP = 95;
  public static final int ESTALE = 116;
  public static final int EDQUOT = 122;

  private static final Map<Integer, String> TEXTS =
      Map.ofEntries(
          Map.entry(EPERM, "operation not permitted"),
          Map.entry(ENOENT, "no such file or directory"),
          Map.entry(EIO, "input/output error"),
          Map.entry(ENXIO, "no such device or address"),
          Map.entry(EAGAIN, "resource temporarily unavailable"),
          Map.entry(EACCES, "permission denied"),
          Map.entry(EEXIST, "file exists"),
          Map.entry(ENOTDIR, "not a directory"),
          Map.entry(EISDIR, "is a directory"),
          Map.entry(EINVAL, "invalid argument"),
          Map.entry(ENOTTY, "not supported for this kind of file"),
          Map.entry(ENOSPC, "no space left on device"),
          Map.entry(EROFS, "read-only file system"),
          Map.entry(ERANGE, "result too large"),
          Map.entry(ENAMETOOLONG, "file name too long"),
          Map.entry(ENOSYS, "not implemented by this kernel"),
          Map.entry(ENOTEMPTY, "directory not empty"),
          Map.entry(ELOOP, "is a symbolic link, which is not followed"),
          Map.entry(EOPNOTSUPP, "not supported by this file system"),
          Map.entry(ESTALE, "stale file handle"),
          Map.entry(EDQUOT, "disk quota exceeded"));

  private final int errno;

  PosixException(String call, int errno) {
    super(call + ": " + TEXTS.getOrDefault(errno, "error " + errno));
    this.errno = errno;
  }

  public int errno() {
    return errno;
  }

  /** What went wrong without the name of the call: {@code permission denied}. */
  public String reason() {
    return TEXTS.getOrDefault(errno, "error " + errno);
  }

  public boolean isDenied() {
    return errno == EACCES || errno == EPERM;
  }

  /** The file went away between the listing and its turn. */
  public boolean isVanished() {
    return errno == ENOENT || errno == ESTALE;
  }

  /** As the project's error; {@code what} reads like {@code cannot create 'a/b'}. */
  public BackupException toBackup(String what) {
    BackupException.Kind kind =
        switch (errno) {
          case ENOSPC, EDQUOT -> BackupException.Kind.OUT_OF_SPACE;
          case EPERM, EACCES, EROFS -> BackupException.Kind.PERMISSION;
          case ENOENT, ESTALE -> BackupException.Kind.NOT_FOUND;
          case EEXIST, ENOTEMPTY -> BackupException.Kind.ALREADY_EXISTS;
          case ENOTDIR, EISDIR, ENAMETOOLONG, EINVAL, ELOOP -> BackupException.Kind.INVALID_INPUT;
          default -> BackupException.Kind.INTERNAL;
        };
    return new BackupException(kind, what + ": " + reason(), this);
  }
}
