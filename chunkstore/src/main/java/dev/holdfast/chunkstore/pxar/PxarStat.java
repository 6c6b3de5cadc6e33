package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;

/**
 * The fixed part of an entry's metadata.
 *
 * @param mode file type and permissions, as {@code st_mode}
 * @param flags attribute bits of the file system (spec/formats.md §6.3)
 * @param uid unsigned
 * @param gid unsigned
 * @param modifySeconds whole seconds since 1970, rounded down
 * @param modifyNanos 0 to 999,999,999, also before 1970
 */
public record PxarStat(
    int mode, long flags, int uid, int gid, long modifySeconds, int modifyNanos) {

  public PxarStat {
    if (modifyNanos < 0 || modifyNanos >= PxarFormat.NANOS_PER_SECOND) {
      throw BackupException.invalid(
          "modification time has "
              + Integer.toUnsignedString(modifyNanos)
              + " nanoseconds, expected at most 999999999");
    }
    switch (mode & FileMode.TYPE_MASK) {
      case FileMode.SOCKET,
          FileMode.SYMLINK,
          FileMode.REGULAR,
          FileMode.BLOCK_DEVICE,
          FileMode.DIRECTORY,
          FileMode.CHARACTER_DEVICE,
          FileMode.FIFO -> {}
      default ->
          throw BackupException.invalid(
              "mode 0" + Integer.toOctalString(mode) + " names no known type of file");
    }
  }

  static PxarStat of(PosixStat stat) {
    return new PxarStat(
        stat.mode(), 0, stat.uid(), stat.gid(), stat.modifySeconds(), stat.modifyNanos());
  }

  public int type() {
    return mode & FileMode.TYPE_MASK;
  }

  public int permissions() {
    return mode & FileMode.PERMISSION_MASK;
  }
}
