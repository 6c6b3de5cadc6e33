package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.DirectoryEntry;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
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
   * @param alsoFileSystemsOf directories whose file systems are descended into, too
   */
  public record Options(
      boolean allFileSystems,
      int entriesMax,
      ExcludePatterns exclude,
      List<Path> alsoFileSystemsOf) {
    /** As the reference client, whose {@code --entries-max} has this default. */
    public static final int ENTRIES_MAX_DEFAULT = 1024 * 1024;

    public static final Options DEFAULT =
        new Options(false, ENTRIES_MAX_DEFAULT, ExcludePatterns.NONE);

    public Options {
      alsoFileSystemsOf = List.copyOf(alsoFileSystemsOf);
    }

    public Options(boolean allFileSystems, int entriesMax, ExcludePatterns exclude) {
      this(allFileSystems, entriesMax, exclude, List.of());
    }
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

  private record FileId(long device, long inode) {}

  /** As real clients call the file that keeps the patterns of the command line. */
  private static final Bytes EXCLUDE_CLI_NAME = Bytes.of(".pxarexclude-cli");

  private static final int EXCLUDE_CLI_MODE = FileMode.REGULAR | 0600;

  private final Posix posix;
  private final Options options;
  private final TreeCount count;
  private final SourceFiles files;
  private final EntryOutput output;
  private final boolean split;
  private final Map<FileId, FoundFile.FirstLink> firstLinks = new HashMap<>();
  private final ExcludeFiles excludes;
  private final Set<Long> alsoDevices = new HashSet<>();
  private int rootHandle;
  private long rootDevice;
  private long namesHeld;

  private TreeBackup(
      Posix posix,
      ArchiveTarget target,
      Options options,
      TreeListener listener,
      PxarEntrySink entries) {
    this.posix = posix;
    this.options = options;
    this.count = new TreeCount(listener);
    this.files = new SourceFiles(posix, count);
    this.excludes = new ExcludeFiles(options.exclude);
    this.split = target instanceof ArchiveTarget.Split;
    this.output = output(target, entries);
  }

  private EntryOutput output(ArchiveTarget target, PxarEntrySink entries) {
    return switch (target) {
      case ArchiveTarget.Single single ->
          new DirectOutput(new PxarWriter(single.archive()), entries, count);
      case ArchiveTarget.Split pair -> {
        Bytes prelude = ArchivePrelude.of(options.exclude);
        PxarWriter writer = new PxarWriter(pair.metadata(), pair.payload(), prelude);
        DirectOutput direct = new DirectOutput(writer, entries, count);
        PreviousArchive previous = pair.previous();
        yield previous == null ? direct : new ReuseOutput(direct, previous, this::saveLate, count);
      }
    };
  }

  /**
   * Saves the tree below {@code root}. Blocks; the sinks are written on this thread, block by
   * block, and stay open. Holds the names of the directories it is in, one record per file with
   * several links, and what waits for a decision on reuse.
   *
   * @param entries is told of each entry on the same thread, for a catalog
   * @throws IOException what the sinks threw; failures of the tree are BackupExceptions
   */
  public static TreeSummary write(
      Path root,
      ArchiveTarget target,
      Options options,
      TreeListener listener,
      PxarEntrySink entries)
      throws IOException {
    try (Posix posix = Posix.open()) {
      TreeBackup backup = new TreeBackup(posix, target, options, listener, entries);
      backup.root(Bytes.of(root));
      return backup.count.summary();
    }
  }

  /** As above, into one stream with the default options and no catalog. */
  public static TreeSummary write(Path root, OutputStream sink, TreeListener listener)
      throws IOException {
    return write(
        root, new ArchiveTarget.Single(sink), Options.DEFAULT, listener, PxarEntrySink.NONE);
  }

  private void root(Bytes path) throws IOException {
    for (Path directory : options.alsoFileSystemsOf) {
      alsoDevices.add(deviceOf(Bytes.of(directory)));
    }
    rootHandle = openDirectory(path);
    try {
      PosixStat stat = posix.stat(rootHandle);
      rootDevice = stat.device();
      output.directory(
          new PxarEntry.Directory(
              Bytes.EMPTY, files.stat(rootHandle, stat), files.metadata(rootHandle, Bytes.EMPTY)));
      children(rootHandle, Bytes.EMPTY, stat.device(), 1);
      excludeCli();
      output.endDirectory();
      output.finish();
    } catch (PosixException e) {
      throw e.toBackup("cannot read directory '" + path + "'");
    } finally {
      posix.close(rootHandle);
    }
  }

  private int openDirectory(Bytes path) {
    try {
      return posix.open(
          Posix.WORKING_DIRECTORY, path, OpenFlags.READ_ONLY | OpenFlags.DIRECTORY, 0);
    } catch (PosixException e) {
      throw e.toBackup("cannot open directory '" + path + "'");
    }
  }

  private long deviceOf(Bytes path) {
    int handle = openDirectory(path);
    try {
      return posix.stat(handle).device();
    } catch (PosixException e) {
      throw e.toBackup("cannot look at directory '" + path + "'");
    } finally {
      posix.close(handle);
    }
  }

  /** A file that is in the archive only; a split archive has a prelude instead. */
  private void excludeCli() throws IOException {
    if (split || options.exclude.isEmpty()) {
      return;
    }
    byte[] lines = options.exclude.text().getBytes(StandardCharsets.UTF_8);
    PxarStat stat = new PxarStat(EXCLUDE_CLI_MODE, 0, posix.userId(), posix.groupId(), 0, 0);
    output.file(
        new FoundFile(
            EXCLUDE_CLI_NAME, EXCLUDE_CLI_NAME, stat, PxarMetadata.NONE, lines.length, null),
        new ByteArrayInputStream(lines));
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
      if (path.isEmpty() && entry.name().equals(EXCLUDE_CLI_NAME)) {
        count.warn(EXCLUDE_CLI_NAME + ": skipped, archives keep patterns under this name");
        continue;
      }
      child(directory, entry, path, device, depth);
    }
    namesHeld -= names.size();
  }

  /** One that cannot be read costs its effect, not the backup: more is saved then, not less. */
  private void readExcludes(int directory, Bytes path) {
    String shown = shown(path, ExcludeFiles.NAME);
    try {
      int handle = files.open(directory, ExcludeFiles.NAME);
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
      int handle = files.open(directory, name);
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
    output.directory(
        new PxarEntry.Directory(name, files.stat(handle, stat), files.metadata(handle, path)));
    if (wanted) {
      excludes.enter(name);
      children(handle, path, stat.device(), depth + 1);
      excludes.leave();
    }
    output.endDirectory();
  }

  private boolean isWanted(int handle, PosixStat stat, long parentDevice) throws PosixException {
    if (!options.allFileSystems) {
      return stat.device() == rootDevice || alsoDevices.contains(stat.device());
    }
    return stat.device() == parentDevice || !VIRTUAL.contains(posix.fileSystemType(handle));
  }

  private void file(int handle, PosixStat stat, Bytes name, Bytes directoryPath)
      throws IOException {
    Bytes path = directoryPath.resolve(name);
    if (stat.links() > 1) {
      FileId id = new FileId(stat.device(), stat.inode());
      FoundFile.FirstLink first = firstLinks.get(id);
      if (first != null) {
        output.hardLink(name, path, first);
        return;
      }
      if (path.length() <= PxarFormat.PATH_BYTES_MAX) { // a longer one cannot be linked to
        first = new FoundFile.FirstLink(path);
        FoundFile file = found(handle, stat, name, path, first);
        firstLinks.put(id, first);
        output.file(file, files.content(handle, path));
        return;
      }
    }
    output.file(found(handle, stat, name, path, null), files.content(handle, path));
  }

  private FoundFile found(
      int handle, PosixStat stat, Bytes name, Bytes path, FoundFile.@Nullable FirstLink link)
      throws PosixException {
    PxarStat stored = files.stat(handle, stat);
    PxarMetadata metadata = files.metadata(handle, path);
    return new FoundFile(name, path, stored, metadata, stat.bytes(), link);
  }

  /** A file that was to be taken over from the last backup, and has to be read after all. */
  private void saveLate(FoundFile file, DirectOutput direct) throws IOException {
    try {
      int handle = files.openBelow(rootHandle, file.path());
      try {
        PosixStat stat = posix.stat(handle);
        if (!stat.isRegular()) {
          count.warn(file.path() + ": skipped, its type changed just now");
          return;
        }
        FoundFile now = found(handle, stat, file.name(), file.path(), file.link());
        direct.file(now, files.content(handle, file.path()));
      } finally {
        posix.close(handle);
      }
    } catch (PosixException e) {
      skip(e, file.path().toString());
    }
  }

  private void special(int directory, Bytes name, Bytes directoryPath) throws IOException {
    PosixStat stat = posix.stat(directory, name);
    Bytes target = stat.type() == FileMode.SYMLINK ? posix.readLink(directory, name) : Bytes.EMPTY;
    PxarStat stored = PxarStat.of(stat);
    PxarMetadata metadata = files.metadata(directory, name, directoryPath.resolve(name));
    switch (stat.type()) {
      case FileMode.SYMLINK -> output.other(new PxarEntry.Symlink(name, stored, metadata, target));
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE ->
          output.other(
              new PxarEntry.Device(
                  name, stored, metadata, stat.specialMajor(), stat.specialMinor()));
      case FileMode.FIFO -> output.other(new PxarEntry.Fifo(name, stored, metadata));
      case FileMode.SOCKET -> output.other(new PxarEntry.Socket(name, stored, metadata));
      default -> count.warn(shown(directoryPath, name) + ": skipped, its type changed just now");
    }
  }

  private static String shown(Bytes directory, Bytes name) {
    return directory.resolve(name).toString();
  }
}
