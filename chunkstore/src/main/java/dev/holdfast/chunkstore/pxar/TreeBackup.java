package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.DirectoryEntry;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Saves a directory tree as an archive. Every name is opened relative to its directory and never
 * through a symbolic link, so a tree that changes meanwhile cannot lead elsewhere. Files called
 * {@code .pxarexclude} say what is left out (spec/formats.md §6.9). What vanishes or may not be
 * read is left out with a warning that names it; content that cannot be read to its end (a failing
 * disk) ends the backup, because an archive must not hold less than it says.
 */
public final class TreeBackup {
  /**
   * What to save.
   *
   * @param allFileSystems descend into other file systems mounted below the root, but virtual ones;
   *     otherwise their mount points are saved as empty directories
   * @param entriesMax names kept in memory: those of the directories from the root to the current
   *     one
   * @param exclude what to leave out
   */
  public record Options(boolean allFileSystems, int entriesMax, ExcludePatterns exclude) {
    /** As the reference client, whose {@code --entries-max} has this default. */
    public static final int ENTRIES_MAX_DEFAULT = 1024 * 1024;

    public static final Options DEFAULT =
        new Options(false, ENTRIES_MAX_DEFAULT, ExcludePatterns.NONE);
  }

  /** Magic numbers of file systems that hold no data (spec/formats.md §6.9; linux/magic.h). */
  private static final Set<Long> VIRTUAL =
      Set.of(
          0x9fa0L, // proc
          0x62656572L, // sysfs
          0x27e0ebL, // cgroup
          0x63677270L, // cgroup2
          0x62656570L, // configfs
          0x64626720L, // debugfs
          0x1cd1L, // devpts
          0xde5e81e4L, // efivarfs
          0x65735543L, // fuse control
          0x958458f6L, // hugetlbfs
          0x19800202L, // mqueue
          0x6e667364L, // nfsd
          0x6165676cL, // pstore
          0x67596969L, // rpc_pipefs
          0x73636673L, // securityfs
          0xf97cff8cL, // selinuxfs
          0x43415d53L, // smackfs
          0x42494e4dL); // binfmt_misc

  private static final int READ_FLAGS =
      OpenFlags.READ_ONLY | OpenFlags.NO_FOLLOW | OpenFlags.NO_TERMINAL;

  private record FileId(long device, long inode) {}

  private record FirstLink(long position, Bytes path) {}

  private final Posix posix;
  private final PxarWriter writer;
  private final Options options;
  private final TreeCount count;
  private final PxarEntrySink entries;
  private final Map<FileId, FirstLink> firstLinks = new HashMap<>();
  private final FileContent content = new FileContent();
  private final ExcludeFiles excludes;
  private long rootDevice;
  private long namesHeld;

  private TreeBackup(
      Posix posix,
      OutputStream sink,
      Options options,
      TreeListener listener,
      PxarEntrySink entries) {
    this.posix = posix;
    this.entries = entries;
    this.writer = new PxarWriter(sink);
    this.options = options;
    this.count = new TreeCount(listener);
    this.excludes = new ExcludeFiles(options.exclude);
  }

  /**
   * Saves the tree below {@code root}. Blocks; the sink is written on this thread, in blocks of up
   * to 256 KiB, and stays open. Holds the names of the directories it is in, and one record per
   * file with several links.
   *
   * @param entries is told of each entry on the same thread, for a catalog
   * @throws IOException what the sinks threw; failures of the tree are BackupExceptions
   */
  public static TreeSummary write(
      Path root, OutputStream sink, Options options, TreeListener listener, PxarEntrySink entries)
      throws IOException {
    try (Posix posix = Posix.open()) {
      TreeBackup backup = new TreeBackup(posix, sink, options, listener, entries);
      backup.root(Bytes.of(root));
      return backup.count.summary();
    }
  }

  /** As above, with the default options and no catalog. */
  public static TreeSummary write(Path root, OutputStream sink, TreeListener listener)
      throws IOException {
    return write(root, sink, Options.DEFAULT, listener, PxarEntrySink.NONE);
  }

  private void root(Bytes path) throws IOException {
    int handle;
    try {
      handle =
          posix.open(Posix.WORKING_DIRECTORY, path, OpenFlags.READ_ONLY | OpenFlags.DIRECTORY, 0);
    } catch (PosixException e) {
      throw e.toBackup("cannot open directory '" + path + "'");
    }
    try {
      PosixStat stat = posix.stat(handle);
      rootDevice = stat.device();
      PxarStat stored = stored(handle, stat);
      PxarMetadata metadata = metadata(handle, Bytes.EMPTY);
      writer.startRoot(stored, metadata);
      entries.entry(new PxarEntry.Directory(Bytes.EMPTY, stored, metadata));
      children(handle, Bytes.EMPTY, stat.device(), 1);
      endDirectory();
      writer.finish();
    } catch (PosixException e) {
      throw e.toBackup("cannot read directory '" + path + "'");
    } finally {
      posix.close(handle);
    }
  }

  private void endDirectory() throws IOException {
    writer.endDirectory();
    entries.entry(new PxarEntry.DirectoryEnd());
    count.directory();
  }

  private void children(int directory, Bytes path, long device, int depth) throws IOException {
    List<DirectoryEntry> names;
    try {
      names = posix.list(directory);
    } catch (PosixException e) {
      throw e.toBackup("cannot list directory '" + path + "'");
    }
    namesHeld += names.size();
    if (namesHeld > options.entriesMax) {
      throw BackupException.invalid(
              "more than "
                  + options.entriesMax
                  + " names have to be kept in memory at directory '"
                  + path
                  + "'")
          .advise("Raise the limit, or split the directory.");
    }
    names.sort(Comparator.comparing(DirectoryEntry::name));
    if (names.stream().anyMatch(entry -> entry.name().equals(ExcludeFiles.NAME))) {
      readExcludes(directory, path);
    }
    for (DirectoryEntry entry : names) {
      child(directory, entry, path, device, depth);
    }
    namesHeld -= names.size();
  }

  /** One that cannot be read costs its effect, not the backup: more is saved then, not less. */
  private void readExcludes(int directory, Bytes path) {
    String shown = shown(path, ExcludeFiles.NAME);
    try {
      int handle = openForReading(directory, ExcludeFiles.NAME);
      try {
        PosixStat stat = posix.stat(handle);
        if (stat.type() != FileMode.REGULAR || stat.bytes() > ExcludeFiles.BYTES_MAX) {
          count.warn(
              shown
                  + ": not heeded, it is no regular file of at most "
                  + ExcludeFiles.BYTES_MAX
                  + " bytes");
          return;
        }
        byte[] file = new byte[(int) stat.bytes()];
        int length = 0;
        int got = 0;
        while (length < file.length && got >= 0) {
          got = posix.read(handle, file, length, file.length - length);
          length += Math.max(got, 0);
        }
        excludes.add(
            Bytes.of(file, 0, length),
            refused -> count.warn(shown + ": a line is not heeded: " + refused));
      } finally {
        posix.close(handle);
      }
    } catch (PosixException e) {
      count.warn(shown + ": not heeded, it cannot be read: " + e.reason());
    }
  }

  private void child(
      int directory, DirectoryEntry entry, Bytes directoryPath, long device, int depth)
      throws IOException {
    Bytes name = entry.name();
    try {
      int type = entry.type();
      if (type == 0) {
        type = posix.stat(directory, name).type();
      }
      if (excludes.leaveOut(name, type == FileMode.DIRECTORY)) {
        return;
      }
      if (type != FileMode.REGULAR && type != FileMode.DIRECTORY) {
        special(directory, name, directoryPath);
        return;
      }
      int handle = openForReading(directory, name);
      try {
        PosixStat stat = posix.stat(handle);
        if (stat.type() != type) {
          count.warn(shown(directoryPath, name) + ": skipped, its type changed just now");
        } else if (stat.isDirectory()) {
          directory(handle, stat, name, directoryPath, device, depth);
        } else {
          file(handle, stat, name, directoryPath);
        }
      } finally {
        posix.close(handle);
      }
    } catch (PosixException e) {
      skip(e, shown(directoryPath, name));
    }
  }

  // Only failures of a name's own first steps come here: later ones are BackupExceptions by then.
  private void skip(PosixException e, String shown) {
    if (e.isVanished()) {
      count.warn(shown + ": skipped, it vanished meanwhile");
    } else if (e.isDenied()) {
      count.warn(shown + ": skipped, it cannot be read: " + e.reason());
    } else if (e.errno() == PosixException.ELOOP || e.errno() == PosixException.ENXIO) {
      count.warn(shown + ": skipped, its type changed just now");
    } else {
      throw e.toBackup("cannot read '" + shown + "'");
    }
  }

  // Reading is not to count as an access, where that is allowed; a name that turned into a fifo
  // must not hang us; and a file under a lease is waited for.
  private int openForReading(int directory, Bytes name) throws PosixException {
    int flags = READ_FLAGS | OpenFlags.NO_ACCESS_TIME | OpenFlags.NON_BLOCKING;
    try {
      return posix.open(directory, name, flags, 0);
    } catch (PosixException e) {
      return switch (e.errno()) {
        case PosixException.EPERM ->
            posix.open(directory, name, READ_FLAGS | OpenFlags.NON_BLOCKING, 0);
        case PosixException.EAGAIN -> posix.open(directory, name, READ_FLAGS, 0);
        default -> throw e;
      };
    }
  }

  private void directory(
      int handle, PosixStat stat, Bytes name, Bytes parentPath, long parentDevice, int depth)
      throws IOException {
    Bytes path = parentPath.resolve(name);
    // All that can fail and be skipped is asked for before the first byte of the entry.
    boolean wanted = isWanted(handle, stat, parentDevice);
    if (wanted && depth >= PxarReader.DEPTH_MAX) {
      count.warn(
          path + ": saved without its content, more than " + PxarReader.DEPTH_MAX + " levels deep");
      wanted = false;
    }
    PxarStat stored = stored(handle, stat);
    PxarMetadata metadata = metadata(handle, path);
    writer.startDirectory(name, stored, metadata);
    entries.entry(new PxarEntry.Directory(name, stored, metadata));
    if (wanted) {
      excludes.enter(name);
      children(handle, path, stat.device(), depth + 1);
      excludes.leave();
    }
    endDirectory();
  }

  private boolean isWanted(int handle, PosixStat stat, long parentDevice) throws PosixException {
    if (!options.allFileSystems) {
      return stat.device() == rootDevice;
    }
    return stat.device() == parentDevice || !VIRTUAL.contains(posix.fileSystemType(handle));
  }

  private void file(int handle, PosixStat stat, Bytes name, Bytes directoryPath)
      throws IOException {
    if (stat.links() > 1) {
      FileId id = new FileId(stat.device(), stat.inode());
      FirstLink first = firstLinks.get(id);
      if (first != null) {
        writer.hardLink(name, first.position, first.path);
        entries.entry(new PxarEntry.HardLink(name, first.position, first.path));
        count.other();
        return;
      }
      Bytes path = directoryPath.resolve(name);
      if (path.length() <= PxarFormat.PATH_BYTES_MAX) { // a longer one cannot be linked to
        firstLinks.put(id, new FirstLink(writer.position(), path));
      }
    }
    PxarStat stored = stored(handle, stat);
    PxarMetadata metadata = metadata(handle, directoryPath.resolve(name));
    content.start(handle, directoryPath, name);
    PxarWriter.Written written = writer.file(name, stored, metadata, stat.bytes(), content);
    if (written.copied() < stat.bytes()) {
      count.warn(
          shown(directoryPath, name)
              + ": it shrank while it was read, "
              + (stat.bytes() - written.copied())
              + " bytes were filled with zeros");
    }
    entries.entry(
        new PxarEntry.RegularFile(
            name, stored, metadata, written.position(), stat.bytes(), written.payloadPosition()));
    count.file();
  }

  private void special(int directory, Bytes name, Bytes directoryPath) throws IOException {
    PosixStat stat = posix.stat(directory, name);
    Bytes target = stat.type() == FileMode.SYMLINK ? posix.readLink(directory, name) : Bytes.EMPTY;
    List<Xattr> xattrs = posix.xattrs(directory, name);
    PxarStat stored = PxarStat.of(stat);
    PxarMetadata metadata = metadata(xattrs, directoryPath.resolve(name));
    switch (stat.type()) {
      case FileMode.SYMLINK -> {
        writer.symlink(name, stored, metadata, target);
        entries.entry(new PxarEntry.Symlink(name, stored, metadata, target));
      }
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE -> {
        int major = stat.specialMajor();
        int minor = stat.specialMinor();
        writer.device(name, stored, metadata, major, minor);
        entries.entry(new PxarEntry.Device(name, stored, metadata, major, minor));
      }
      case FileMode.FIFO -> {
        writer.special(name, stored, metadata);
        entries.entry(new PxarEntry.Fifo(name, stored, metadata));
      }
      case FileMode.SOCKET -> {
        writer.special(name, stored, metadata);
        entries.entry(new PxarEntry.Socket(name, stored, metadata));
      }
      default -> {
        count.warn(shown(directoryPath, name) + ": skipped, its type changed just now");
        return;
      }
    }
    count.other();
  }

  private PxarStat stored(int handle, PosixStat stat) throws PosixException {
    long flags = FileFlags.stored(posix.attributeFlags(handle));
    return new PxarStat(
        stat.mode(), flags, stat.uid(), stat.gid(), stat.modifySeconds(), stat.modifyNanos());
  }

  private PxarMetadata metadata(int handle, Bytes path) throws PosixException {
    return metadata(posix.xattrs(handle), path);
  }

  private PxarMetadata metadata(List<Xattr> xattrs, Bytes path) {
    try {
      return PxarMetadata.of(xattrs, null);
    } catch (BackupException e) {
      count.warn(path + ": its access list was left out: " + e.text());
      List<Xattr> others =
          xattrs.stream()
              .filter(x -> !x.name().equals(PosixAcl.ACCESS) && !x.name().equals(PosixAcl.DEFAULT))
              .toList();
      return PxarMetadata.of(others, null);
    }
  }

  private static String shown(Bytes directory, Bytes name) {
    return directory.resolve(name).toString();
  }

  /** One for all files, so that a small file costs no more than its calls. */
  private final class FileContent extends InputStream {
    private int handle;
    private @Nullable Bytes directory;
    private @Nullable Bytes name;

    void start(int newHandle, Bytes newDirectory, Bytes newName) {
      handle = newHandle;
      directory = newDirectory;
      name = newName;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      try {
        int got = posix.read(handle, target, offset, length);
        if (got > 0) {
          count.bytes(got);
        }
        return got;
      } catch (PosixException e) {
        Bytes path = directory == null || name == null ? Bytes.EMPTY : directory.resolve(name);
        throw e.toBackup("cannot read '" + path + "'");
      }
    }
  }
}
