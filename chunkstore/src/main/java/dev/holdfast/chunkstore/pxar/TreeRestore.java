package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Restores an archive below a directory, and never outside of it: every name is one component that
 * is created, not opened, relative to the handle of its directory; a symbolic link is never
 * followed, whether the archive made it or it was there; a hard link leads only to a file that this
 * restore created.
 *
 * <p>Owner, attributes, mode and times are set after the content, for directories after their
 * children; what cannot be set is one warning each. A damaged archive ends in one error; what was
 * restored by then stays.
 */
public final class TreeRestore {
  private static final int BUFFER_BYTES = 256 * 1024;
  private static final byte SLASH = '/';

  // Until its metadata is set, nobody else may look into what is being restored.
  private static final int FILE_MODE_AT_FIRST = 0600;
  private static final int DIRECTORY_MODE_AT_FIRST = 0700;

  private static final int DIRECTORY_FLAGS =
      OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;
  private static final int CREATE_FLAGS =
      OpenFlags.WRITE_ONLY
          | OpenFlags.CREATE
          | OpenFlags.EXCLUSIVE
          | OpenFlags.NO_FOLLOW
          | OpenFlags.NO_TERMINAL;

  /**
   * How to restore.
   *
   * @param overwrite allows a target that is not empty: directories are shared with what is there,
   *     any other file of the same name is replaced. Without it such a target is ALREADY_EXISTS.
   * @param devices makes block and character devices, which only root can; otherwise each is left
   *     out with a warning
   * @param existingDirectories allows a target that is not empty, too, with directories shared; but
   *     a file that is there already is ALREADY_EXISTS
   * @param ignored what is not restored of files and directories
   */
  public record Options(
      boolean overwrite, boolean devices, boolean existingDirectories, Set<MetadataPart> ignored) {
    public static final Options DEFAULT = new Options(false, true);

    public Options {
      ignored = Set.copyOf(ignored);
    }

    public Options(boolean overwrite, boolean devices, boolean existingDirectories) {
      this(overwrite, devices, existingDirectories, Set.of());
    }

    public Options(boolean overwrite, boolean devices) {
      this(overwrite, devices, false);
    }

    boolean sharesDirectories() {
      return overwrite || existingDirectories;
    }
  }

  private static final class Level {
    final int handle;
    final PxarEntry.Directory entry;
    final Bytes path;

    /** Of its last child. */
    Bytes lastName = Bytes.EMPTY;

    Level(int handle, PxarEntry.Directory entry, Bytes path) {
      this.handle = handle;
      this.entry = entry;
      this.path = path;
    }
  }

  private final Posix posix;
  private final Options options;
  private final TreeCount count;
  private final MetadataRestore metadata;
  private final EntrySource archive;
  private final CreatedFiles created = new CreatedFiles();
  private final Deque<Level> levels = new ArrayDeque<>();
  private final byte[] buffer = new byte[BUFFER_BYTES];

  private TreeRestore(Posix posix, EntrySource archive, Options options, TreeListener listener) {
    this.posix = posix;
    this.archive = archive;
    this.options = options;
    this.count = new TreeCount(listener);
    this.metadata = new MetadataRestore(posix, count, options.ignored);
  }

  /**
   * Restores the whole archive. Blocks; reads the archive to its end on this thread. Holds 16 bytes
   * per regular file, which say where hard links may lead.
   *
   * @param archive not read yet; of a split one with its payload
   * @param target created when absent, with its parents
   * @throws IOException what the archive's streams threw; all else is a BackupException
   */
  public static TreeSummary restore(
      EntrySource archive, Path target, Options options, TreeListener listener) throws IOException {
    try (Posix posix = Posix.open()) {
      TreeRestore restore = new TreeRestore(posix, archive, options, listener);
      try {
        restore.run(target);
      } finally {
        restore.levels.forEach(level -> posix.close(level.handle));
      }
      return restore.count.summary();
    }
  }

  /** As above, of an archive in one stream. */
  public static TreeSummary restore(
      InputStream archive, Path target, boolean overwrite, TreeListener listener)
      throws IOException {
    Options options = new Options(overwrite, true);
    return restore(new PxarReader(archive), target, options, listener);
  }

  private void run(Path target) throws IOException {
    PxarEntry first = archive.next();
    if (!(first instanceof PxarEntry.Directory root)) {
      throw BackupException.corrupt(archive.name() + ": its root is not a directory");
    }
    levels.push(new Level(openTarget(target), root, Bytes.EMPTY));
    for (PxarEntry entry = archive.next(); entry != null; entry = archive.next()) {
      switch (entry) {
        case PxarEntry.Directory directory -> directory(directory);
        case PxarEntry.DirectoryEnd _ -> endDirectory();
        case PxarEntry.RegularFile file -> file(file);
        case PxarEntry.HardLink link -> hardLink(link);
        case PxarEntry.Symlink link -> symlink(link);
        case PxarEntry.Device device -> special(device, device.major(), device.minor());
        case PxarEntry.Fifo fifo -> special(fifo, 0, 0);
        case PxarEntry.Socket socket -> special(socket, 0, 0);
      }
    }
  }

  private int openTarget(Path target) throws IOException {
    Bytes path = Bytes.of(target);
    if (!Files.isDirectory(target)) {
      try {
        Files.createDirectories(target);
      } catch (IOException e) {
        throw new BackupException(
            BackupException.Kind.PERMISSION, "cannot create directory '" + path + "'", e);
      }
    }
    int flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY; // the caller may name it by a link
    try {
      int handle = posix.open(Posix.WORKING_DIRECTORY, path, flags, 0);
      boolean usable = false;
      try {
        if (!options.sharesDirectories() && !posix.list(handle).isEmpty()) {
          throw new BackupException(
                  BackupException.Kind.ALREADY_EXISTS,
                  "target directory '" + path + "' is not empty")
              .advise("Name an empty or a new directory, or allow overwriting.");
        }
        stopInheritance(handle);
        usable = true;
      } finally {
        if (!usable) {
          posix.close(handle);
        }
      }
      return handle;
    } catch (PosixException e) {
      throw e.toBackup("cannot use target directory '" + path + "'");
    }
  }

  /** What is restored below must not get a directory's default list; the archive has its own. */
  private void stopInheritance(int handle) throws PosixException {
    if (posix.xattrs(handle).stream().anyMatch(x -> x.name().equals(PosixAcl.DEFAULT))) {
      posix.removeXattr(handle, PosixAcl.DEFAULT);
    }
  }

  private void directory(PxarEntry.Directory directory) {
    Level parent = parent(directory.name());
    Bytes path = parent.path.resolve(directory.name());
    try {
      int handle = openDirectory(parent, directory.name(), path);
      levels.push(new Level(handle, directory, path));
      metadata.start(handle, directory, path);
    } catch (PosixException e) {
      throw e.toBackup("cannot create directory '" + path + "'");
    }
  }

  private int openDirectory(Level parent, Bytes name, Bytes path) throws PosixException {
    if (options.sharesDirectories() && isDirectory(parent, name)) {
      int handle = posix.open(parent.handle, name, DIRECTORY_FLAGS, 0);
      stopInheritance(handle);
      return handle;
    }
    makeRoom(parent, name, path);
    posix.makeDirectory(parent.handle, name, DIRECTORY_MODE_AT_FIRST);
    return posix.open(parent.handle, name, DIRECTORY_FLAGS, 0);
  }

  private void endDirectory() {
    Level level = levels.pop();
    metadata.finish(level.handle, level.entry, level.path);
    posix.close(level.handle);
    count.directory();
  }

  private void file(PxarEntry.RegularFile file) throws IOException {
    Level parent = parent(file.name());
    Bytes path = parent.path.resolve(file.name());
    int handle = createFile(parent, file.name(), path);
    boolean done = false;
    try {
      metadata.start(handle, file, path);
      InputStream content = archive.content();
      for (int got = content.read(buffer); got >= 0; got = content.read(buffer)) {
        write(handle, got, path);
        count.bytes(got);
      }
      metadata.finish(handle, file, path);
      done = true;
    } finally {
      close(handle, done, path);
    }
    created.add(file.position(), path);
    count.file();
  }

  private int createFile(Level parent, Bytes name, Bytes path) {
    try {
      makeRoom(parent, name, path);
      return posix.open(parent.handle, name, CREATE_FLAGS, FILE_MODE_AT_FIRST);
    } catch (PosixException e) {
      throw e.toBackup("cannot create file '" + path + "'");
    }
  }

  private void write(int handle, int length, Bytes path) {
    try {
      posix.write(handle, buffer, 0, length);
    } catch (PosixException e) {
      throw e.toBackup("cannot write file '" + path + "'");
    }
  }

  private void close(int handle, boolean written, Bytes path) {
    if (!written) {
      posix.close(handle); // there is an error on its way already
      return;
    }
    try {
      posix.closeWritten(handle);
    } catch (PosixException e) {
      throw e.toBackup("cannot write file '" + path + "'");
    }
  }

  private void symlink(PxarEntry.Symlink link) {
    Level parent = parent(link.name());
    Bytes path = parent.path.resolve(link.name());
    try {
      makeRoom(parent, link.name(), path);
      posix.makeSymlink(link.target(), parent.handle, link.name());
    } catch (PosixException e) {
      throw e.toBackup("cannot create symbolic link '" + path + "'");
    }
    metadata.finishSpecial(parent.handle, link, path);
    count.other();
  }

  // Devices need root, and no data is lost without them: a warning is enough.
  private void special(PxarEntry.Node node, int major, int minor) {
    Level parent = parent(node.name());
    Bytes path = parent.path.resolve(node.name());
    if (node instanceof PxarEntry.Device && !options.devices) {
      count.warn(path + ": device not restored, as this was not wanted");
      return;
    }
    int mode = node.stat().type() | FILE_MODE_AT_FIRST;
    try {
      makeRoom(parent, node.name(), path);
      posix.makeNode(parent.handle, node.name(), mode, major, minor);
    } catch (PosixException e) {
      if (e.errno() == PosixException.EEXIST) {
        throw e.toBackup("cannot create special file '" + path + "'");
      }
      count.warn(path + ": special file not restored: " + e.reason());
      return;
    }
    metadata.finishSpecial(parent.handle, node, path);
    count.other();
  }

  private void hardLink(PxarEntry.HardLink link) {
    Level parent = parent(link.name());
    Bytes path = parent.path.resolve(link.name());
    if (!created.contains(link.targetPosition(), link.path())) {
      throw BackupException.corrupt(
              archive.name()
                  + ": hard link '"
                  + path
                  + "' leads to '"
                  + link.path()
                  + "' at offset "
                  + link.targetPosition()
                  + ", which is no file that this archive held before")
          .with("path", path);
    }
    try {
      makeRoom(parent, link.name(), path);
      linkTo(link.path(), parent, link.name());
    } catch (PosixException e) {
      throw e.toBackup("cannot create hard link '" + path + "' to '" + link.path() + "'");
    }
    count.other();
  }

  /** Walks from the target down to the first link, one component at a time and through no link. */
  private void linkTo(Bytes first, Level parent, Bytes name) throws PosixException {
    int directory = levels.getLast().handle;
    boolean owned = false;
    try {
      int start = 0;
      for (int i = 0; i < first.length(); i++) {
        if (first.at(i) == SLASH) {
          int next = posix.open(directory, first.slice(start, i), DIRECTORY_FLAGS, 0);
          if (owned) {
            posix.close(directory);
          }
          directory = next;
          owned = true;
          start = i + 1;
        }
      }
      posix.makeHardLink(directory, first.slice(start, first.length()), parent.handle, name);
    } finally {
      if (owned) {
        posix.close(directory);
      }
    }
  }

  /**
   * The directory of the next entry. Names are sorted, so that a name that comes twice comes at
   * once; out of order, it meets what the first one made, or replaces it where that is allowed.
   */
  private Level parent(Bytes name) {
    Level parent = levels.element();
    if (parent.lastName.equals(name)) {
      throw BackupException.corrupt(
              archive.name() + ": '" + parent.path.resolve(name) + "' is there twice")
          .with("path", parent.path.resolve(name));
    }
    parent.lastName = name;
    return parent;
  }

  private boolean isDirectory(Level parent, Bytes name) throws PosixException {
    try {
      return posix.stat(parent.handle, name).isDirectory();
    } catch (PosixException e) {
      if (e.errno() == PosixException.ENOENT) {
        return false;
      }
      throw e;
    }
  }

  /** When overwriting is allowed, removes what has this name; never a directory. */
  private void makeRoom(Level parent, Bytes name, Bytes path) throws PosixException {
    if (!options.overwrite) {
      return;
    }
    try {
      posix.remove(parent.handle, name, false);
    } catch (PosixException e) {
      if (e.errno() == PosixException.EISDIR) {
        throw new BackupException(
                BackupException.Kind.ALREADY_EXISTS,
                "'" + path + "' is a directory in the target and none in the archive",
                e)
            .advise("Move it away, or restore to another directory.");
      }
      if (e.errno() != PosixException.ENOENT) {
        throw e;
      }
    }
  }
}
