package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Restores an archive into a directory. Never writes outside of it, whatever the archive says:
 * every name is created relative to an open directory, no link is followed, and hard links lead
 * only to files that are in the target. What cannot be set (owners without root, attributes that
 * the file system does not take) is one warning each.
 */
public final class TreeRestore implements AutoCloseable {
  /** Until its content is complete, only we may look into a directory or file. */
  private static final int PRIVATE_DIRECTORY = 0700;

  private static final int PRIVATE_FILE = 0600;

  private record OpenDirectory(int handle, Bytes path, PxarEntry.Directory entry) {}

  private final Posix posix = Posix.open();
  private final PxarReader reader;
  private final boolean overwrite;
  private final TreeCount count;
  private final Deque<OpenDirectory> open = new ArrayDeque<>();
  private final byte[] transfer = new byte[Posix.TRANSFER_BYTES];
  private final boolean setsOwners;

  private TreeRestore(InputStream archive, boolean overwrite, TreeListener listener) {
    this.reader = new PxarReader(archive);
    this.overwrite = overwrite;
    this.count = new TreeCount(listener);
    this.setsOwners = posix.isRoot();
  }

  /**
   * Blocks until all is restored.
   *
   * @param target made when absent; its parent must exist
   * @param overwrite replaces what is there; without it a target that is not empty is refused
   * @throws BackupException CORRUPT_DATA for a damaged archive, with the offset; ALREADY_EXISTS,
   *     PERMISSION, OUT_OF_SPACE with the path. What was restored before stays.
   */
  public static TreeSummary restore(
      InputStream archive, Path target, boolean overwrite, TreeListener listener)
      throws IOException {
    try (TreeRestore restore = new TreeRestore(archive, overwrite, listener)) {
      restore.run(Bytes.of(target));
      return restore.count.done();
    }
  }

  @Override
  public void close() {
    open.forEach(directory -> posix.close(directory.handle()));
    posix.close();
  }

  private void run(Bytes target) throws IOException {
    if (!setsOwners) {
      count.warn("not running as root: files will belong to the user who restores");
    }
    PxarEntry entry = reader.next();
    if (!(entry instanceof PxarEntry.Directory root)) {
      throw BackupException.corrupt("pxar archive is empty");
    }
    open.push(new OpenDirectory(openTarget(target), Bytes.EMPTY, root));
    for (entry = reader.next(); entry != null; entry = reader.next()) {
      restore(entry);
    }
  }

  private int openTarget(Bytes target) {
    try {
      try {
        posix.makeDirectory(Posix.WORKING_DIRECTORY, target, PRIVATE_DIRECTORY);
      } catch (PosixException e) {
        if (e.errno() != PosixException.EEXIST) {
          throw e;
        }
      }
      int handle =
          posix.open(Posix.WORKING_DIRECTORY, target, OpenFlags.READ_ONLY | OpenFlags.DIRECTORY, 0);
      if (!overwrite && !posix.list(handle).isEmpty()) {
        posix.close(handle);
        throw new BackupException(
                Kind.ALREADY_EXISTS, "target directory '" + target + "' is not empty")
            .advise("Give another directory, or allow overwriting.");
      }
      return handle;
    } catch (PosixException e) {
      throw e.toBackup("cannot restore into '" + target + "'");
    }
  }

  private void restore(PxarEntry entry) throws IOException {
    switch (entry) {
      case PxarEntry.DirectoryEnd end -> endDirectory();
      case PxarEntry.HardLink link -> hardLink(link);
      case PxarEntry.Node node -> {
        OpenDirectory parent = open.element();
        Bytes path = parent.path().resolve(node.name());
        try {
          node(parent.handle(), path, node);
        } catch (PosixException e) {
          throw e.toBackup("cannot restore '" + path + "'");
        }
      }
    }
  }

  private void node(int parent, Bytes path, PxarEntry.Node node) throws IOException {
    switch (node) {
      case PxarEntry.Directory directory -> beginDirectory(parent, path, directory);
      case PxarEntry.RegularFile file -> file(parent, path, file);
      case PxarEntry.Symlink link -> {
        clear(parent, link.name());
        posix.makeSymlink(link.target(), parent, link.name());
        byName(parent, path, link);
        count.other();
      }
      case PxarEntry.Device device -> special(parent, path, device, device.major(), device.minor());
      case PxarEntry.Fifo fifo -> special(parent, path, fifo, 0, 0);
      case PxarEntry.Socket socket -> special(parent, path, socket, 0, 0);
    }
  }

  private void beginDirectory(int parent, Bytes path, PxarEntry.Directory directory)
      throws PosixException {
    try {
      posix.makeDirectory(parent, directory.name(), PRIVATE_DIRECTORY);
    } catch (PosixException e) {
      if (!overwrite || e.errno() != PosixException.EEXIST) {
        throw e;
      }
    }
    int flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;
    open.push(new OpenDirectory(posix.open(parent, directory.name(), flags, 0), path, directory));
  }

  // Times last: restoring what is in a directory changes them.
  private void endDirectory() {
    OpenDirectory directory = open.pop();
    try {
      byHandle(directory.handle(), directory.path(), directory.entry());
      count.directory();
    } finally {
      posix.close(directory.handle());
    }
  }

  private void file(int parent, Bytes path, PxarEntry.RegularFile file) throws IOException {
    clear(parent, file.name());
    int flags = OpenFlags.WRITE_ONLY | OpenFlags.CREATE | OpenFlags.EXCLUSIVE | OpenFlags.NO_FOLLOW;
    int handle = posix.open(parent, file.name(), flags, PRIVATE_FILE);
    boolean written = false;
    try {
      InputStream content = reader.content();
      for (int got = content.read(transfer, 0, transfer.length);
          got >= 0;
          got = content.read(transfer, 0, transfer.length)) {
        posix.write(handle, transfer, 0, got);
      }
      byHandle(handle, path, file);
      written = true;
    } finally {
      if (written) {
        posix.closeWritten(handle);
      } else {
        posix.close(handle);
      }
    }
    count.file(file.bytes());
  }

  private void special(int parent, Bytes path, PxarEntry.Node node, int major, int minor)
      throws PosixException {
    clear(parent, node.name());
    try {
      posix.makeNode(parent, node.name(), node.stat().type() | PRIVATE_FILE, major, minor);
    } catch (PosixException e) {
      if (!e.isDenied()) {
        throw e;
      }
      count.warn("'" + path + "': cannot make the device: " + e.reason());
      return;
    }
    byName(parent, path, node);
    attempt(
        path,
        "mode",
        () -> {
          int handle =
              posix.open(parent, node.name(), OpenFlags.PATH_ONLY | OpenFlags.NO_FOLLOW, 0);
          try {
            posix.setModeOfNode(handle, node.stat().permissions());
          } finally {
            posix.close(handle);
          }
        });
    attempt(
        path,
        "modification time",
        () ->
            posix.setModifyTime(
                parent, node.name(), node.stat().modifySeconds(), node.stat().modifyNanos()));
    count.other();
  }

  /** Removes what has the name, when that is allowed; a directory in the way is an error. */
  private void clear(int parent, Bytes name) throws PosixException {
    if (overwrite) {
      try {
        posix.remove(parent, name, false);
      } catch (PosixException e) {
        if (!e.isVanished()) {
          throw e;
        }
      }
    }
  }

  // Owner first, since changing it takes set-id bits and capabilities away; times last.
  private void byHandle(int handle, Bytes path, PxarEntry.Node node) {
    PxarStat stat = node.stat();
    if (setsOwners) {
      attempt(path, "owner", () -> posix.setOwner(handle, stat.uid(), stat.gid()));
    }
    attempt(path, "mode", () -> posix.setMode(handle, stat.permissions()));
    for (Xattr xattr : FileMetadata.toSet(node.metadata(), stat)) {
      attempt(
          path, xattr.name().toString(), () -> posix.setXattr(handle, xattr.name(), xattr.value()));
    }
    attempt(
        path,
        "modification time",
        () -> posix.setModifyTime(handle, stat.modifySeconds(), stat.modifyNanos()));
  }

  private void byName(int parent, Bytes path, PxarEntry.Node node) {
    PxarStat stat = node.stat();
    if (setsOwners) {
      attempt(path, "owner", () -> posix.setOwner(parent, node.name(), stat.uid(), stat.gid()));
    }
    for (Xattr xattr : node.metadata().xattrs()) {
      attempt(
          path,
          xattr.name().toString(),
          () -> posix.setXattr(parent, node.name(), xattr.name(), xattr.value()));
    }
    attempt(
        path,
        "modification time",
        () -> posix.setModifyTime(parent, node.name(), stat.modifySeconds(), stat.modifyNanos()));
  }

  private interface Change {
    void make() throws PosixException;
  }

  private void attempt(Bytes path, String what, Change change) {
    try {
      change.make();
    } catch (PosixException e) {
      count.warn("'" + path + "': cannot set " + what + ": " + e.reason());
    }
  }

  /**
   * The first name is looked up from the target's root, a plain name at a time, following nothing.
   */
  private void hardLink(PxarEntry.HardLink link) throws IOException {
    OpenDirectory parent = open.element();
    Bytes path = parent.path().resolve(link.name());
    Deque<Integer> walked = new ArrayDeque<>();
    try {
      int directory = open.getLast().handle();
      Bytes rest = link.path();
      for (int slash = rest.indexOf('/'); slash >= 0; slash = rest.indexOf('/')) {
        Bytes component = plainName(link, rest.slice(0, slash));
        int flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;
        directory = posix.open(directory, component, flags, 0);
        walked.push(directory);
        rest = rest.slice(slash + 1, rest.length());
      }
      Bytes name = plainName(link, rest);
      if (!posix.stat(directory, name).isRegular()) {
        throw BackupException.corrupt(
            "hard link '" + path + "' leads to '" + link.path() + "', which is not a file");
      }
      clear(parent.handle(), link.name());
      posix.makeHardLink(directory, name, parent.handle(), link.name());
      count.other();
    } catch (PosixException e) {
      throw e.toBackup("cannot restore '" + path + "' as a hard link to '" + link.path() + "'");
    } finally {
      walked.forEach(posix::close);
    }
  }

  /** Dots, or nothing (a leading slash), would lead elsewhere. */
  private static Bytes plainName(PxarEntry.HardLink link, Bytes component) {
    String text = component.toString();
    if (text.isEmpty() || text.equals(".") || text.equals("..")) {
      throw BackupException.corrupt(
          "hard link '" + link.name() + "' leads out of the archive: '" + link.path() + "'");
    }
    return component;
  }
}
