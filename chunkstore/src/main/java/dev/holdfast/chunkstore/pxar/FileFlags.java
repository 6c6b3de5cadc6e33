package dev.holdfast.chunkstore.pxar;

/**
 * The attributes of {@code chattr} as the flags of an entry, and back (spec/formats.md §6.3). Bits
 * of the file system without a partner (ext4's "extents") are not stored.
 */
final class FileFlags {
  private record Pair(long stored, int fileSystem, boolean early) {}

  // "early": they change how content is written, so a restore sets them before it.
  private static final Pair[] PAIRS = {
    new Pair(0x10000, 0x20, false), // append only
    new Pair(0x20000, 0x80, true), // noatime
    new Pair(0x40000, 0x04, true), // compressed
    new Pair(0x80000, 0x800000, true), // no copy on write
    new Pair(0x100000, 0x40, false), // nodump
    new Pair(0x200000, 0x10000, false), // dirsync
    new Pair(0x400000, 0x10, false), // immutable
    new Pair(0x800000, 0x08, false), // sync
    new Pair(0x1000000, 0x400, true), // never compressed
    new Pair(0x2000000, 0x20000000, true), // project inherited
  };

  // Hidden, system and archive of FAT: 0x02, 0x04 and 0x20 there.
  private static final long FAT_HIDDEN = 0x2000;
  private static final long FAT_SYSTEM = 0x4000;
  private static final long FAT_ARCHIVE = 0x8000;
  private static final int FAT_MASK = 0x26;

  private FileFlags() {}

  /** From the attributes of a file on FAT. */
  static long storedFat(int attributes) {
    return ((attributes & 0x02) != 0 ? FAT_HIDDEN : 0)
        | ((attributes & 0x04) != 0 ? FAT_SYSTEM : 0)
        | ((attributes & 0x20) != 0 ? FAT_ARCHIVE : 0);
  }

  /** The attributes of a file on FAT, with those of the file that have no partner. */
  static int fat(long stored, int ofFile) {
    return (ofFile & ~FAT_MASK)
        | ((stored & FAT_HIDDEN) != 0 ? 0x02 : 0)
        | ((stored & FAT_SYSTEM) != 0 ? 0x04 : 0)
        | ((stored & FAT_ARCHIVE) != 0 ? 0x20 : 0);
  }

  static boolean hasFat(long stored) {
    return (stored & (FAT_HIDDEN | FAT_SYSTEM | FAT_ARCHIVE)) != 0;
  }

  /** Whether a bit is set that nothing here can restore, such as those of btrfs subvolumes. */
  static boolean hasOthers(long stored) {
    long rest = stored & ~(FAT_HIDDEN | FAT_SYSTEM | FAT_ARCHIVE);
    for (Pair pair : PAIRS) {
      rest &= ~pair.stored;
    }
    return rest != 0;
  }

  static long stored(int fileSystem) {
    long flags = 0;
    for (Pair pair : PAIRS) {
      if ((fileSystem & pair.fileSystem) != 0) {
        flags |= pair.stored;
      }
    }
    return flags;
  }

  /** Those to set before content is written. */
  static int early(long stored) {
    return fileSystem(stored, true);
  }

  /** Those to set when all else is done, some of which forbid any further change. */
  static int late(long stored) {
    return fileSystem(stored, false);
  }

  private static int fileSystem(long stored, boolean early) {
    int flags = 0;
    for (Pair pair : PAIRS) {
      if (pair.early == early && (stored & pair.stored) != 0) {
        flags |= pair.fileSystem;
      }
    }
    return flags;
  }
}
