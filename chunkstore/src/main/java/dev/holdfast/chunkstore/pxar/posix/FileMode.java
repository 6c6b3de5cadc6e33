package dev.holdfast.chunkstore.pxar.posix;

/** The bits of {@code st_mode} on Linux (man 7 inode), which are also those of an archive. */
public final class FileMode {
  public static final int TYPE_MASK = 0170000;
  public static final int SOCKET = 0140000;
  public static final int SYMLINK = 0120000;
  public static final int REGULAR = 0100000;
  public static final int BLOCK_DEVICE = 0060000;
  public static final int DIRECTORY = 0040000;
  public static final int CHARACTER_DEVICE = 0020000;
  public static final int FIFO = 0010000;

  /** Permissions with set-user-id, set-group-id and sticky. */
  public static final int PERMISSION_MASK = 07777;

  public static final int SET_ID_MASK = 06000;

  private FileMode() {}
}
