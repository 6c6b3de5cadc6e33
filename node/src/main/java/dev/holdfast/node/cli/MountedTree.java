package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.PxarStat;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
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
 * pass the library and are left out.
 */
final class MountedTree implements FuseOperations {
  /** Nodes found last: a look-up of a deep path costs a read per level. */
  private static final int NODES_KEPT = 10_000;

  private static final short LINKS = 1;

  private final PxarAccessor archive;
  private final Errno errno;
  private final Consumer<String> problems;
  private final AtomicLong lastHandle = new AtomicLong();
  private final Map<Long, ByteSource> open = new ConcurrentHashMap<>();
  private final Map<String, PxarNode> nodes =
      Collections.synchronizedMap(
          new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, PxarNode> eldest) {
              return size() > NODES_KEPT;
            }
          });

  /**
   * @param problems takes a line for each that a reader meets
   */
  MountedTree(PxarAccessor archive, Errno errno, Consumer<String> problems) {
    this.archive = archive;
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
        Operation.READ_DIR);
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

  private @Nullable PxarNode find(String path) throws IOException {
    PxarNode known = nodes.get(path);
    if (known == null) {
      PxarNode found = archive.find(Bytes.of(path));
      known = found == null ? null : archive.first(found);
      if (known != null) {
        nodes.put(path, known);
      }
    }
    return known;
  }

  @Override
  public int getattr(String path, Stat stat, @Nullable FileInfo info) {
    return guarded(
        path,
        () -> {
          PxarNode node = find(path);
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
          PxarNode node = find(path);
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
          PxarNode node = find(path);
          if (node == null) {
            return -errno.enoent();
          }
          if (!node.isDirectory()) {
            return -errno.enotdir();
          }
          filler.fill(".");
          filler.fill("..");
          archive.list(
              node,
              child -> {
                String name = child.name().utf8();
                if (name != null) {
                  filler.fill(name);
                }
              });
          return 0;
        });
  }

  @Override
  public int open(String path, FileInfo info) {
    return guarded(
        path,
        () -> {
          PxarNode node = find(path);
          if (node == null) {
            return -errno.enoent();
          }
          long handle = lastHandle.incrementAndGet();
          open.put(handle, archive.content(node));
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
}
