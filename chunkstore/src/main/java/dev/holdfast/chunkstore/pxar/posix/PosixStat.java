package dev.holdfast.chunkstore.pxar.posix;

/**
 * What {@code statx(2)} says of a file.
 *
 * @param mode file type and permission bits, as {@code st_mode}
 * @param accessSeconds whole seconds since 1970, rounded down
 * @param accessNanos 0 to 999,999,999, also before 1970
 * @param modifySeconds whole seconds since 1970, rounded down
 * @param modifyNanos 0 to 999,999,999, also before 1970
 */
public record PosixStat(
    int mode,
    int uid,
    int gid,
    long inode,
    long device,
    int links,
    long bytes,
    long accessSeconds,
    int accessNanos,
    long modifySeconds,
    int modifyNanos,
    int specialMajor,
    int specialMinor) {

  public int type() {
    return mode & FileMode.TYPE_MASK;
  }

  public boolean isDirectory() {
    return type() == FileMode.DIRECTORY;
  }

  public boolean isRegular() {
    return type() == FileMode.REGULAR;
  }
}
