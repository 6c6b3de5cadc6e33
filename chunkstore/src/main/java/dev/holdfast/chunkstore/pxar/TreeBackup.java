package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.DirectoryEntry;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes a directory of this machine as an archive. Stays on one file system: mount points of
 * others are saved as empty directories. What cannot be read is one warning each and left out; the
 * rest is saved. Links are saved as links, never followed.
 */
public final class TreeBackup implements AutoCloseable {
  /** Each level costs an open directory. */
  static final int DEPTH_MAX = PxarReader.DEPTH_MAX;

  private record Inode(long device, long number) {}

  private record FirstLink(long position, Bytes path) {}

  private final Posix posix = Posix.open();
  private final PxarWriter writer;
  private final TreeCount count;
  private final Map<Inode, FirstLink> links = new HashMap<>();
  private long device;

  private TreeBackup(OutputStream sink, TreeListener listener) {
    this.writer = new PxarWriter(sink);
    this.count = new TreeCount(listener);
  }

  /**
   * Blocks until all is written. NOT_FOUND or PERMISSION when the root cannot be read; errors of
   * the sink are thrown on.
   *
   * @param sink written in large blocks; stays the caller's
   */
  public static TreeSummary write(Path root, OutputStream sink, TreeListener listener)
      throws IOException {
    try (TreeBackup backup = new TreeBackup(sink, listener)) {
      backup.root(Bytes.of(root));
      return backup.count.done();
    }
  }

  @Override
  public void close() {
    posix.close();
  }

  private void root(Bytes path) throws IOException {
    int handle;
    PosixStat stat;
    try {
      handle = open(Posix.WORKING_DIRECTORY, path, OpenFlags.DIRECTORY);
      stat = posix.stat(handle);
    } catch (PosixException e) {
      throw e.toBackup("cannot read '" + path + "'");
    }
    try {
      device = stat.device();
      writer.beginRoot(PxarStat.of(stat), metadata(handle, path));
      children(handle, Bytes.EMPTY, 1);
      writer.endDirectory();
      count.directory();
    } finally {
      posix.close(handle);
    }
  }

  private void children(int directory, Bytes path, int depth) throws IOException {
    List<DirectoryEntry> entries;
    try {
      entries = posix.list(directory);
    } catch (PosixException e) {
      count.warn("'" + path + "': cannot list: " + e.reason());
      return;
    }
    entries.sort(Comparator.comparing(DirectoryEntry::name));
    for (DirectoryEntry entry : entries) {
      Bytes childPath = path.resolve(entry.name());
      try {
        child(directory, entry.name(), childPath, depth);
      } catch (PosixException e) {
        // Thrown only before anything of the child was written.
        count.warn(
            "'"
                + childPath
                + "': "
                + (e.isVanished() ? "vanished while it was saved" : e.getMessage()));
      }
    }
  }

  private void child(int parent, Bytes name, Bytes path, int depth) throws IOException {
    PosixStat stat = posix.stat(parent, name);
    switch (stat.type()) {
      case FileMode.DIRECTORY -> directory(parent, name, path, depth);
      case FileMode.REGULAR -> file(parent, name, path, stat);
      case FileMode.SYMLINK -> {
        Bytes target = posix.readLink(parent, name);
        writer.symlink(
            name, PxarStat.of(stat), FileMetadata.of(posix.xattrs(parent, name)), target);
        count.other();
      }
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE -> {
        PxarMetadata metadata = FileMetadata.of(posix.xattrs(parent, name));
        writer.device(name, PxarStat.of(stat), metadata, stat.specialMajor(), stat.specialMinor());
        count.other();
      }
      case FileMode.FIFO, FileMode.SOCKET -> {
        writer.special(name, PxarStat.of(stat), FileMetadata.of(posix.xattrs(parent, name)));
        count.other();
      }
      default ->
          count.warn(
              "'" + path + "': unknown type of file, mode 0" + Integer.toOctalString(stat.mode()));
    }
  }

  private void directory(int parent, Bytes name, Bytes path, int depth) throws IOException {
    if (depth >= DEPTH_MAX) {
      count.warn("'" + path + "': nested deeper than " + DEPTH_MAX + " levels, left out");
      return;
    }
    int handle = open(parent, name, OpenFlags.DIRECTORY);
    try {
      PosixStat stat = posix.stat(handle);
      writer.beginDirectory(name, PxarStat.of(stat), metadata(handle, path));
      if (stat.device() == device) {
        children(handle, path, depth + 1);
      }
      writer.endDirectory();
      count.directory();
    } finally {
      posix.close(handle);
    }
  }

  private void file(int parent, Bytes name, Bytes path, PosixStat listed) throws IOException {
    Inode inode = listed.links() > 1 ? new Inode(listed.device(), listed.inode()) : null;
    FirstLink first = inode == null ? null : links.get(inode);
    if (first != null) {
      writer.hardLink(name, first.position(), first.path());
      count.other();
      return;
    }
    int handle = open(parent, name, OpenFlags.NON_BLOCKING);
    try {
      PosixStat stat = posix.stat(handle);
      if (!stat.isRegular()) {
        count.warn("'" + path + "': was replaced while it was saved");
        return;
      }
      content(handle, name, path, stat, inode);
    } finally {
      posix.close(handle);
    }
  }

  private void content(int handle, Bytes name, Bytes path, PosixStat stat, @Nullable Inode inode)
      throws IOException {
    PosixException[] unreadable = new PosixException[1];
    PxarWriter.File file =
        writer.file(
            name,
            PxarStat.of(stat),
            metadata(handle, path),
            stat.bytes(),
            (target, offset, length) -> {
              try {
                return posix.read(handle, target, offset, length);
              } catch (PosixException e) {
                // The announced size must be filled; the warning says with what.
                unreadable[0] = e;
                return -1;
              }
            });
    if (unreadable[0] != null) {
      count.warn(
          "'"
              + path
              + "': cannot read: "
              + unreadable[0].reason()
              + "; "
              + file.paddedBytes()
              + " bytes are zeros");
    } else if (file.paddedBytes() > 0) {
      count.warn(
          "'" + path + "': shrank while it was saved; " + file.paddedBytes() + " bytes are zeros");
    }
    if (inode != null) {
      links.put(inode, new FirstLink(file.position(), path));
    }
    count.file(stat.bytes());
  }

  private PxarMetadata metadata(int handle, Bytes path) {
    try {
      return FileMetadata.of(posix.xattrs(handle));
    } catch (PosixException e) {
      count.warn("'" + path + "': cannot read extended attributes: " + e.reason());
      return PxarMetadata.NONE;
    }
  }

  // Access times are left alone where we may; only the owner and root may.
  private int open(int parent, Bytes name, int flags) throws PosixException {
    int all = OpenFlags.READ_ONLY | OpenFlags.NO_FOLLOW | OpenFlags.NO_TERMINAL | flags;
    // A root that is a link is meant as what it leads to.
    int wanted = parent == Posix.WORKING_DIRECTORY ? all & ~OpenFlags.NO_FOLLOW : all;
    try {
      return posix.open(parent, name, wanted | OpenFlags.NO_ACCESS_TIME, 0);
    } catch (PosixException e) {
      if (e.errno() != PosixException.EPERM) {
        throw e;
      }
      return posix.open(parent, name, wanted, 0);
    }
  }
}
