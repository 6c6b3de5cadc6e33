package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.PxarStat;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.cryptomator.jfuse.api.DirFiller;
import org.cryptomator.jfuse.api.Errno;
import org.cryptomator.jfuse.api.FileInfo;
import org.cryptomator.jfuse.api.FuseOperations;
import org.cryptomator.jfuse.api.Stat;
import org.jspecify.annotations.Nullable;

/**
 * An archive as a read-only file system. Called by the kernel's threads, several at a time. What
 * cannot be read is an input/output error there, and a message here. Names that are no text cannot
 * pass the library and are left out; nor can the numbers of devices, which are shown as 0:0.
 */
final class MountedTree implements FuseOperations {
  private static final short LINKS = 1;

  private final ArchiveTree tree;
  private final Errno errno;
  private final Consumer<String> problems;
  private final AtomicLong lastHandle = new AtomicLong();
  private final Map<Long, ByteSource> open = new ConcurrentHashMap<>();

  /**
   * @param problems takes a line for each that a reader meets
   */
  MountedTree(ArchiveTree tree, Errno errno, Consumer<String> problems) {
    this.tree = tree;
    this.errno = errno;
    this.problems = problems;
  }

  @Override
  public Errno errno() {
    return errno;
  }

  @Override
  public Set<Operation> supportedOperations() {
    return Set.of(
        Operation.GET_ATTR,
        Operation.READLINK,
        Operation.OPEN,
        Operation.READ,
        Operation.RELEASE,
        Operation.READ_DIR,
        Operation.LIST_XATTR,
        Operation.GET_XATTR);
  }

  /** Something that reads the archive; returns what the kernel gets. */
  @FunctionalInterface
  private interface Call {
    int run() throws IOException;
  }

  private int guarded(String path, Call call) {
    try {
      return call.run();
    } catch (IOException | BackupException e) {
      problems.accept("'" + path + "' cannot be read: " + e.getMessage());
      return -errno.eio();
    }
  }

  @Override
  public int getattr(String path, Stat stat, @Nullable FileInfo info) {
    return guarded(
        path,
        () -> {
          PxarNode node = tree.find(path);
          if (node == null || !(node.entry() instanceof PxarEntry.Node entry)) {
            return -errno.enoent();
          }
          fill(stat, entry);
          return 0;
        });
  }

  private static void fill(Stat target, PxarEntry.Node entry) {
    PxarStat stat = entry.stat();
    target.setMode(stat.mode());
    target.setUid(stat.uid());
    target.setGid(stat.gid());
    target.setNLink(LINKS);
    target.setSize(
        switch (entry) {
          case PxarEntry.RegularFile file -> file.bytes();
          case PxarEntry.Symlink link -> link.target().length();
          default -> 0;
        });
    Instant time = Instant.ofEpochSecond(stat.modifySeconds(), stat.modifyNanos());
    target.mTime().set(time);
    target.cTime().set(time);
    target.aTime().set(time);
  }

  @Override
  public int readlink(String path, ByteBuffer target, long length) {
    return guarded(
        path,
        () -> {
          PxarNode node = tree.find(path);
          if (node == null || !(node.entry() instanceof PxarEntry.Symlink link)) {
            return -errno.einval();
          }
          byte[] text = link.target().toArray();
          // A zero ends it, for which there is room.
          int count = (int) Math.min(text.length, Math.min(length, target.remaining()) - 1);
          target.put(text, 0, count).put((byte) 0);
          return 0;
        });
  }

  @Override
  public int readdir(String path, DirFiller filler, long offset, FileInfo info, int flags) {
    return guarded(
        path,
        () -> {
          PxarNode node = tree.find(path);
          if (node == null) {
            return -errno.enoent();
          }
          if (!node.isDirectory()) {
            return -errno.enotdir();
          }
          filler.fill(".");
          filler.fill("..");
          tree.list(path, node, (name, child) -> filler.fill(name));
          return 0;
        });
  }

  @Override
  public int open(String path, FileInfo info) {
    return guarded(
        path,
        () -> {
          PxarNode node = tree.find(path);
          if (node == null) {
            return -errno.enoent();
          }
          long handle = lastHandle.incrementAndGet();
          open.put(handle, tree.content(node));
          info.setFh(handle);
          return 0;
        });
  }

  @Override
  public int read(String path, ByteBuffer target, long count, long offset, FileInfo info) {
    ByteSource content = open.get(info.getFh());
    if (content == null) {
      return -errno.ebadf();
    }
    return guarded(
        path,
        () -> {
          byte[] bytes = new byte[(int) Math.min(count, target.remaining())];
          int done = 0;
          while (done < bytes.length) {
            int got = content.read(offset + done, bytes, done, bytes.length - done);
            if (got < 0) {
              break;
            }
            done += got;
          }
          target.put(bytes, 0, done);
          return done;
        });
  }

  @Override
  public int release(String path, FileInfo info) {
    open.remove(info.getFh());
    return 0;
  }

  @Override
  public int listxattr(String path, ByteBuffer target) {
    return guarded(
        path,
        () -> {
          ByteArrayOutputStream names = new ByteArrayOutputStream();
          for (Xattr xattr : xattrs(path)) {
            xattr.name().writeTo(names);
            names.write(0);
          }
          return given(names.toByteArray(), target);
        });
  }

  @Override
  public int getxattr(String path, String name, ByteBuffer target) {
    Bytes wanted = Bytes.of(name);
    return guarded(
        path,
        () -> {
          for (Xattr xattr : xattrs(path)) {
            if (xattr.name().equals(wanted)) {
              return given(xattr.value().toArray(), target);
            }
          }
          return -errno.enodata();
        });
  }

  /** With access lists and capabilities, which are attributes to the kernel. */
  private List<Xattr> xattrs(String path) throws IOException {
    PxarNode node = tree.find(path);
    return node != null && node.entry() instanceof PxarEntry.Node entry
        ? entry.metadata().toSet(entry.stat().mode())
        : List.of();
  }

  /** Who offers no room asks for the size. */
  private int given(byte[] value, ByteBuffer target) {
    if (target.remaining() == 0) {
      return value.length;
    }
    if (target.remaining() < value.length) {
      return -errno.erange();
    }
    target.put(value);
    return value.length;
  }
}
