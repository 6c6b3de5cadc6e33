package dev.holdfast.chunkstore.pxar.posix;

import dev.holdfast.chunkstore.error.BackupException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Linux file calls relative to an open directory, on names that are bytes. The calls take a
 * directory handle and one name, and never follow a symbolic link in it: what happens stays inside
 * the directory that was opened.
 *
 * <p>One instance serves one thread; it owns the native buffers for names, results and content.
 * Handles are plain numbers, closed by whoever opened them. No call here changes the working
 * directory, the umask or any other state of the process.
 */
public final class Posix implements AutoCloseable {
  /** As a directory handle: relative to the working directory, or an absolute path. */
  public static final int WORKING_DIRECTORY = -100;

  /** One read or write; big enough that a system call costs nothing beside the copy. */
  public static final int TRANSFER_BYTES = 256 * 1024;

  /** The kernel takes paths up to PATH_MAX = 4096 with the NUL (limits.h). */
  private static final int PATH_BYTES_MAX = 4096;

  /** XATTR_LIST_MAX and XATTR_SIZE_MAX of the kernel (linux/limits.h). */
  private static final int XATTR_BYTES_MAX = 65536;

  private static final int NAMES_BYTES = 64 * 1024;
  private static final int STATX_BYTES = 256;
  private static final int STATX_BASIC = 0x7ff;
  private static final int AT_SYMLINK_NOFOLLOW = 0x100;
  private static final int AT_REMOVEDIR = 0x200;
  private static final int AT_EMPTY_PATH = 0x1000;
  // struct timespec[2], of the access and the modification time; the one to be left alone says
  // UTIME_OMIT (linux/stat.h).
  private static final int TIMES_BYTES = 32;
  private static final long TIME_OMIT = (1L << 30) - 2;

  // FS_IOC_GETFLAGS = _IOR('f', 1, long) and FS_IOC_SETFLAGS = _IOW('f', 2, long) (linux/fs.h);
  // PowerPC swaps the direction bits.
  private static final boolean SWAPPED_DIRECTION =
      System.getProperty("os.arch", "").startsWith("ppc64");
  private static final long GET_FLAGS = SWAPPED_DIRECTION ? 0x40086601L : 0x80086601L;
  private static final long SET_FLAGS = SWAPPED_DIRECTION ? 0x80086602L : 0x40086602L;

  // FS_IOC_FSGETXATTR = _IOR('X', 31, struct fsxattr), FS_IOC_FSSETXATTR = _IOW('X', 32, …): flags,
  // extent size and count, project id, all u32, and 12 bytes more (linux/fs.h).
  private static final long GET_EXTENDED = SWAPPED_DIRECTION ? 0x401c581fL : 0x801c581fL;
  private static final long SET_EXTENDED = SWAPPED_DIRECTION ? 0x801c5820L : 0x401c5820L;
  private static final int EXTENDED_PROJECT = 12;

  // FAT_IOCTL_GET_ATTRIBUTES = _IOR('r', 0x10, u32) and …SET… = _IOW('r', 0x11, u32)
  // (linux/msdos_fs.h).
  private static final long GET_FAT = SWAPPED_DIRECTION ? 0x40047210L : 0x80047210L;
  private static final long SET_FAT = SWAPPED_DIRECTION ? 0x80047211L : 0x40047211L;

  // struct linux_dirent64: d_ino u64, d_off i64, d_reclen u16, d_type u8, d_name.
  private static final int DIRENT_LENGTH = 16;
  private static final int DIRENT_TYPE = 18;
  private static final int DIRENT_NAME = 19;
  private static final int DIRENT_TYPE_SHIFT = 12;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment state = arena.allocate(PosixCalls.STATE_BYTES, 8);
  private final MemorySegment path = arena.allocate(PATH_BYTES_MAX);
  private final MemorySegment otherPath = arena.allocate(PATH_BYTES_MAX);
  private final MemorySegment statx = arena.allocate(STATX_BYTES, 8);
  private final MemorySegment times = arena.allocate(TIMES_BYTES, 8);
  private final MemorySegment small = arena.allocate(NAMES_BYTES, 8);
  private final MemorySegment content = arena.allocate(TRANSFER_BYTES, 8);

  private Posix() {}

  /** NOT_BUILT on anything but 64-bit Linux. The caller closes it on the thread that opened it. */
  public static Posix open() {
    String system = System.getProperty("os.name", "");
    if (!system.equals("Linux") || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
      throw new BackupException(
              BackupException.Kind.NOT_BUILT,
              "saving and restoring directories needs 64-bit Linux; this is " + system)
          .advise("Images and single files can be used from here.");
    }
    return new Posix();
  }

  @Override
  public void close() {
    arena.close();
  }

  public boolean isRoot() {
    return userId() == 0;
  }

  public int userId() {
    return always(() -> (int) PosixCalls.GETEUID.invokeExact(state));
  }

  public int groupId() {
    return always(() -> (int) PosixCalls.GETEGID.invokeExact(state));
  }

  /** Opens relative to a directory; {@code mode} counts with {@link OpenFlags#CREATE} only. */
  public int open(int directory, Bytes name, int flags, int mode) throws PosixException {
    terminate(path, name, "openat");
    int all = flags | OpenFlags.CLOSE_ON_EXEC;
    return call(
        "openat", () -> (int) PosixCalls.OPENAT.invokeExact(state, directory, path, all, mode));
  }

  /** Closing a file that was read, or whose writes were checked, has nothing more to report. */
  public void close(int handle) {
    int ignored = always(() -> (int) PosixCalls.CLOSE.invokeExact(state, handle));
  }

  /** Closes a written file; network file systems report a full disk here. */
  public void closeWritten(int handle) throws PosixException {
    check(always(() -> (int) PosixCalls.CLOSE.invokeExact(state, handle)), "close");
  }

  /** At most {@link #TRANSFER_BYTES}; -1 at the end. */
  public int read(int handle, byte[] target, int offset, int length) throws PosixException {
    long wanted = Math.min(length, TRANSFER_BYTES);
    int got =
        (int)
            transfer(
                "read", () -> (long) PosixCalls.READ.invokeExact(state, handle, content, wanted));
    MemorySegment.copy(content, BYTE, 0, target, offset, got);
    return got == 0 && length > 0 ? -1 : got;
  }

  /** Writes all of it. */
  public void write(int handle, byte[] source, int offset, int length) throws PosixException {
    int done = 0;
    while (done < length) {
      int wanted = Math.min(length - done, TRANSFER_BYTES);
      MemorySegment.copy(source, offset + done, content, BYTE, 0, wanted);
      // A short write fills the buffer again from where it stopped.
      done +=
          (int)
              transfer(
                  "write",
                  () -> (long) PosixCalls.WRITE.invokeExact(state, handle, content, (long) wanted));
    }
  }

  /** All names but {@code .} and {@code ..}, in the order of the file system. */
  public List<DirectoryEntry> list(int directory) throws PosixException {
    List<DirectoryEntry> entries = new ArrayList<>();
    while (true) {
      long got =
          transfer(
              "getdents64",
              () ->
                  (long)
                      PosixCalls.GETDENTS.invokeExact(state, directory, small, (long) NAMES_BYTES));
      if (got == 0) {
        return entries;
      }
      for (long at = 0; at < got; at += Short.toUnsignedInt(small.get(SHORT, at + DIRENT_LENGTH))) {
        Bytes name = Bytes.of(small, at + DIRENT_NAME, lengthAt(small, at + DIRENT_NAME));
        if (!isDots(name)) {
          int type = (small.get(BYTE, at + DIRENT_TYPE) & 0xf) << DIRENT_TYPE_SHIFT;
          entries.add(new DirectoryEntry(name, type));
        }
      }
    }
  }

  private static boolean isDots(Bytes name) {
    return name.at(0) == '.' && (name.length() == 1 || (name.length() == 2 && name.at(1) == '.'));
  }

  /** The open file itself. */
  public PosixStat stat(int handle) throws PosixException {
    return stat(handle, Bytes.EMPTY, AT_EMPTY_PATH);
  }

  /** What has this name; a symbolic link is not followed. */
  public PosixStat stat(int directory, Bytes name) throws PosixException {
    return stat(directory, name, AT_SYMLINK_NOFOLLOW);
  }

  // Offsets: struct statx in linux/stat.h, the same on every processor.
  private PosixStat stat(int directory, Bytes name, int flags) throws PosixException {
    terminate(path, name, "statx");
    call(
        "statx",
        () ->
            (int) PosixCalls.STATX.invokeExact(state, directory, path, flags, STATX_BASIC, statx));
    return new PosixStat(
        Short.toUnsignedInt(statx.get(SHORT, 28)),
        statx.get(INT, 20),
        statx.get(INT, 24),
        statx.get(LONG, 32),
        ((long) statx.get(INT, 136) << Integer.SIZE) | Integer.toUnsignedLong(statx.get(INT, 140)),
        statx.get(INT, 16),
        statx.get(LONG, 40),
        statx.get(LONG, 64),
        statx.get(INT, 72),
        statx.get(LONG, 112),
        statx.get(INT, 120),
        statx.get(INT, 128),
        statx.get(INT, 132));
  }

  /** The magic number of the file system that an open file is on (man 2 statfs). */
  public long fileSystemType(int handle) throws PosixException {
    call("fstatfs", () -> (int) PosixCalls.FSTATFS.invokeExact(state, handle, statx));
    return statx.get(LONG, 0);
  }

  public Bytes readLink(int directory, Bytes name) throws PosixException {
    terminate(path, name, "readlinkat");
    long length =
        transfer(
            "readlinkat",
            () ->
                (long)
                    PosixCalls.READLINKAT.invokeExact(
                        state, directory, path, small, (long) NAMES_BYTES));
    return Bytes.of(small, 0, length);
  }

  public void makeDirectory(int directory, Bytes name, int mode) throws PosixException {
    terminate(path, name, "mkdirat");
    call("mkdirat", () -> (int) PosixCalls.MKDIRAT.invokeExact(state, directory, path, mode));
  }

  /** A fifo, socket or device; {@code mode} names the kind and the permissions. */
  public void makeNode(int directory, Bytes name, int mode, int major, int minor)
      throws PosixException {
    terminate(path, name, "mknodat");
    long high = Integer.toUnsignedLong(major);
    long low = Integer.toUnsignedLong(minor);
    // Source: the encoding of makedev(3) in glibc and musl.
    long device =
        ((high & 0xfff) << 8)
            | ((high & 0xfffff000L) << 32)
            | (low & 0xff)
            | ((low & 0xffffff00L) << 12);
    call(
        "mknodat",
        () -> (int) PosixCalls.MKNODAT.invokeExact(state, directory, path, mode, device));
  }

  public void makeSymlink(Bytes target, int directory, Bytes name) throws PosixException {
    terminate(otherPath, target, "symlinkat");
    terminate(path, name, "symlinkat");
    call(
        "symlinkat",
        () -> (int) PosixCalls.SYMLINKAT.invokeExact(state, otherPath, directory, path));
  }

  /** A second name for a file; a symbolic link as the first name is not followed. */
  public void makeHardLink(int fromDirectory, Bytes from, int directory, Bytes name)
      throws PosixException {
    terminate(otherPath, from, "linkat");
    terminate(path, name, "linkat");
    call(
        "linkat",
        () ->
            (int)
                PosixCalls.LINKAT.invokeExact(state, fromDirectory, otherPath, directory, path, 0));
  }

  public void remove(int directory, Bytes name, boolean isDirectory) throws PosixException {
    terminate(path, name, "unlinkat");
    int flags = isDirectory ? AT_REMOVEDIR : 0;
    call("unlinkat", () -> (int) PosixCalls.UNLINKAT.invokeExact(state, directory, path, flags));
  }

  /** Sets the owner of an open file. */
  public void setOwner(int handle, int uid, int gid) throws PosixException {
    setOwner(handle, Bytes.EMPTY, uid, gid, AT_EMPTY_PATH);
  }

  /** Sets the owner of what has this name; a symbolic link is not followed. */
  public void setOwner(int directory, Bytes name, int uid, int gid) throws PosixException {
    setOwner(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW);
  }

  private void setOwner(int directory, Bytes name, int uid, int gid, int flags)
      throws PosixException {
    terminate(path, name, "fchownat");
    call(
        "fchownat",
        () -> (int) PosixCalls.FCHOWNAT.invokeExact(state, directory, path, uid, gid, flags));
  }

  /** Sets the permissions of a file opened for reading or writing. */
  public void setMode(int handle, int permissions) throws PosixException {
    call("fchmod", () -> (int) PosixCalls.FCHMOD.invokeExact(state, handle, permissions));
  }

  /** Sets the permissions of a fifo, socket or device held by {@link OpenFlags#PATH_ONLY}. */
  public void setModeOfNode(int handle, int permissions) throws PosixException {
    terminate(path, Bytes.of("/proc/self/fd/" + handle), "chmod");
    call("chmod", () -> (int) PosixCalls.CHMOD.invokeExact(state, path, permissions));
  }

  /** Sets the modification time of an open file and leaves its access time. */
  public void setModifyTime(int handle, long seconds, int nanos) throws PosixException {
    fillTimes(0, TIME_OMIT, seconds, nanos);
    call("futimens", () -> (int) PosixCalls.FUTIMENS.invokeExact(state, handle, times));
  }

  /** Sets the modification time of what has this name; a symbolic link is not followed. */
  public void setModifyTime(int directory, Bytes name, long seconds, int nanos)
      throws PosixException {
    fillTimes(0, TIME_OMIT, seconds, nanos);
    setTimes(directory, name);
  }

  /** Sets the access time of what has this name and leaves its modification time. */
  public void setAccessTime(int directory, Bytes name, long seconds, int nanos)
      throws PosixException {
    fillTimes(seconds, nanos, 0, TIME_OMIT);
    setTimes(directory, name);
  }

  private void setTimes(int directory, Bytes name) throws PosixException {
    terminate(path, name, "utimensat");
    call(
        "utimensat",
        () ->
            (int)
                PosixCalls.UTIMENSAT.invokeExact(
                    state, directory, path, times, AT_SYMLINK_NOFOLLOW));
  }

  private void fillTimes(
      long accessSeconds, long accessNanos, long modifySeconds, long modifyNanos) {
    times.set(LONG, 0, accessSeconds);
    times.set(LONG, 8, accessNanos);
    times.set(LONG, 16, modifySeconds);
    times.set(LONG, 24, modifyNanos);
  }

  /** Extended attributes of an open file, in the order of the kernel; none where unsupported. */
  public List<Xattr> xattrs(int handle) throws PosixException {
    return values(
        () ->
            (long) PosixCalls.FLISTXATTR.invokeExact(state, handle, small, (long) XATTR_BYTES_MAX),
        () ->
            (long)
                PosixCalls.FGETXATTR.invokeExact(
                    state, handle, path, content, (long) XATTR_BYTES_MAX));
  }

  /** Extended attributes of what has this name; a symbolic link is not followed. */
  public List<Xattr> xattrs(int directory, Bytes name) throws PosixException {
    terminate(otherPath, throughProc(directory, name), "llistxattr");
    return values(
        () ->
            (long)
                PosixCalls.LLISTXATTR.invokeExact(state, otherPath, small, (long) XATTR_BYTES_MAX),
        () ->
            (long)
                PosixCalls.LGETXATTR.invokeExact(
                    state, otherPath, path, content, (long) XATTR_BYTES_MAX));
  }

  // The names arrive in `small`; each value is asked for by the name in `path` into `content`.
  private List<Xattr> values(LongCall names, LongCall value) throws PosixException {
    long listed;
    try {
      listed = transfer("listxattr", names);
    } catch (PosixException e) {
      if (e.errno() == PosixException.EOPNOTSUPP) {
        return List.of();
      }
      throw e;
    }
    if (listed == 0) {
      return List.of();
    }
    List<Xattr> found = new ArrayList<>();
    long at = 0;
    while (at < listed) {
      long length = lengthAt(small, at);
      Bytes name = Bytes.of(small, at, length);
      at += length + 1;
      terminate(path, name, "getxattr");
      try {
        found.add(new Xattr(name, Bytes.of(content, 0, transfer("getxattr", value))));
      } catch (PosixException e) {
        if (e.errno() != PosixException.ENODATA) { // which means: removed since it was listed
          throw e;
        }
      }
    }
    return found;
  }

  /** Creates or replaces an extended attribute of an open file. */
  public void setXattr(int handle, Bytes name, Bytes value) throws PosixException {
    long length = fillValue(name, value);
    call(
        "fsetxattr",
        () -> (int) PosixCalls.FSETXATTR.invokeExact(state, handle, path, content, length, 0));
  }

  /** The same for what has this name; a symbolic link is not followed. */
  public void setXattr(int directory, Bytes file, Bytes name, Bytes value) throws PosixException {
    long length = fillValue(name, value);
    terminate(otherPath, throughProc(directory, file), "lsetxattr");
    call(
        "lsetxattr",
        () -> (int) PosixCalls.LSETXATTR.invokeExact(state, otherPath, path, content, length, 0));
  }

  private long fillValue(Bytes name, Bytes value) throws PosixException {
    if (value.length() > XATTR_BYTES_MAX) {
      throw new PosixException("setxattr", PosixException.ERANGE);
    }
    terminate(path, name, "setxattr");
    value.copyTo(content);
    return value.length();
  }

  /**
   * The attributes that {@code chattr} sets ({@code FS_…_FL}), or 0 where the file system has none.
   */
  public int attributeFlags(int handle) throws PosixException {
    return ioctlOrZero(handle, GET_FLAGS, 0);
  }

  /** The project that the file counts to in quotas; 0 for none, and where there are none. */
  public int quotaProject(int handle) throws PosixException {
    return ioctlOrZero(handle, GET_EXTENDED, EXTENDED_PROJECT);
  }

  public void setQuotaProject(int handle, int project) throws PosixException {
    ioctl(handle, GET_EXTENDED);
    statx.set(INT, EXTENDED_PROJECT, project);
    ioctl(handle, SET_EXTENDED);
  }

  /** The attributes of a file on a FAT file system ({@code ATTR_…}). */
  public int fatAttributes(int handle) throws PosixException {
    return ioctlOrZero(handle, GET_FAT, 0);
  }

  public void setFatAttributes(int handle, int attributes) throws PosixException {
    statx.set(INT, 0, attributes);
    ioctl(handle, SET_FAT);
  }

  /** A number out of the answer, 0 where the file system does not know the request. */
  private int ioctlOrZero(int handle, long request, long offset) throws PosixException {
    try {
      ioctl(handle, request);
      return statx.get(INT, offset);
    } catch (PosixException e) {
      return switch (e.errno()) {
        case PosixException.ENOTTY,
            PosixException.EOPNOTSUPP,
            PosixException.ENOSYS,
            PosixException.EINVAL ->
            0;
        default -> throw e;
      };
    }
  }

  /** Replaces all attributes that {@code chattr} sets. */
  public void setAttributeFlags(int handle, int flags) throws PosixException {
    statx.set(INT, 0, flags);
    ioctl(handle, SET_FLAGS);
  }

  // The argument of the flags is declared as a long, but is an int in every kernel.
  private void ioctl(int handle, long request) throws PosixException {
    call("ioctl", () -> (int) PosixCalls.IOCTL.invokeExact(state, handle, request, statx));
  }

  /** Removes an extended attribute of an open file; one that is not there is no error. */
  public void removeXattr(int handle, Bytes name) throws PosixException {
    terminate(path, name, "fremovexattr");
    try {
      call("fremovexattr", () -> (int) PosixCalls.FREMOVEXATTR.invokeExact(state, handle, path));
    } catch (PosixException e) {
      if (e.errno() != PosixException.ENODATA && e.errno() != PosixException.EOPNOTSUPP) {
        throw e;
      }
    }
  }

  // There is no l*xattr relative to a directory. The kernel resolves this link to exactly the
  // directory that is open, whatever its path is by now.
  private static Bytes throughProc(int directory, Bytes name) {
    return Bytes.of("/proc/self/fd/" + directory).resolve(name);
  }

  private void terminate(MemorySegment target, Bytes name, String call) throws PosixException {
    if (name.length() >= PATH_BYTES_MAX) {
      throw new PosixException(call, PosixException.ENAMETOOLONG);
    }
    if (name.contains((byte) 0)) {
      throw new PosixException(call, PosixException.EINVAL);
    }
    name.copyTo(target);
    target.set(BYTE, name.length(), (byte) 0);
  }

  private static long lengthAt(MemorySegment text, long offset) {
    long end = offset;
    while (text.get(BYTE, end) != 0) {
      end++;
    }
    return end - offset;
  }

  @FunctionalInterface
  private interface IntCall {
    int run() throws Throwable;
  }

  @FunctionalInterface
  private interface LongCall {
    long run() throws Throwable;
  }

  private int call(String name, IntCall call) throws PosixException {
    return (int) transfer(name, call::run);
  }

  /** Runs a call again while a signal interrupts it. */
  private long transfer(String name, LongCall call) throws PosixException {
    while (true) {
      long result;
      try {
        result = call.run();
      } catch (Throwable e) {
        throw impossible(e);
      }
      if (result >= 0 || errno() != PosixException.EINTR) {
        return check(result, name);
      }
    }
  }

  private static int always(IntCall call) {
    try {
      return call.run();
    } catch (Throwable e) {
      throw impossible(e);
    }
  }

  private long check(long result, String call) throws PosixException {
    if (result < 0) {
      throw new PosixException(call, errno());
    }
    return result;
  }

  private int errno() {
    return (int) PosixCalls.ERRNO.get(state, 0L);
  }

  private static AssertionError impossible(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new AssertionError("a C call throws nothing", e);
  }
}
