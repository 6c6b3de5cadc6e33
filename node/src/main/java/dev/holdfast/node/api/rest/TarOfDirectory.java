package dev.holdfast.node.api.rest;

import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarMetadata;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A directory of an archive as a tar file, compressed by zstd: everything below it with its
 * metadata. Sockets have no place in one and are left out.
 *
 * <p>A directory's own entries come before those of directories below it, so that no listing waits
 * for another. Of a file with several names the first that comes has the content.
 */
final class TarOfDirectory {
  private final PxarAccessor archive;
  private final PxarNode top;
  private final TarOutput tar;

  /** Names by position of files that came under a further name than the archive's first. */
  private final Map<Long, Bytes> early = new HashMap<>();

  private TarOfDirectory(PxarAccessor archive, PxarNode top, TarOutput tar) {
    this.archive = archive;
    this.top = top;
    this.tar = tar;
  }

  /** Blocks; the stream stays open. */
  static void write(PxarAccessor archive, PxarNode top, OutputStream out) throws IOException {
    try (OutputStream compressed = new ZstdOutputStreamNoFinalizer(new LeftOpen(out))) {
      TarOutput tar = new TarOutput(compressed);
      new TarOfDirectory(archive, top, tar).writeAll();
      tar.finish();
    }
  }

  /** The compressor ends its frame when it is closed, and would close what it writes to. */
  private static final class LeftOpen extends FilterOutputStream {
    LeftOpen(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  private void writeAll() throws IOException {
    Deque<PxarNode> open = new ArrayDeque<>();
    open.push(top);
    while (!open.isEmpty()) {
      List<PxarNode> below = new ArrayList<>();
      archive.list(
          open.pop(),
          node -> {
            write(node);
            if (node.isDirectory()) {
              below.add(node);
            }
          });
      below.reversed().forEach(open::push);
    }
  }

  private void write(PxarNode node) throws IOException {
    Bytes name = within(node.path());
    switch (node.entry()) {
      case PxarEntry.Directory directory ->
          plain(TarOutput.Type.DIRECTORY, Bytes.of(join(name)), Bytes.EMPTY, directory);
      case PxarEntry.RegularFile file -> file(node, name, file);
      case PxarEntry.Symlink link -> plain(TarOutput.Type.SYMBOLIC_LINK, name, link.target(), link);
      case PxarEntry.Device device ->
          tar.device(
              device.stat().type() == FileMode.BLOCK_DEVICE
                  ? TarOutput.Type.BLOCK_DEVICE
                  : TarOutput.Type.CHARACTER_DEVICE,
              name,
              device.stat(),
              device.metadata(),
              device.major(),
              device.minor());
      case PxarEntry.Fifo pipe -> plain(TarOutput.Type.PIPE, name, Bytes.EMPTY, pipe);
      case PxarEntry.Socket socket -> {}
      case PxarEntry.HardLink link -> hardLink(node, name, link);
      case PxarEntry.DirectoryEnd end -> {}
    }
  }

  private void plain(TarOutput.Type type, Bytes name, Bytes link, PxarEntry.Node entry)
      throws IOException {
    tar.entry(type, name, link, entry.stat(), entry.metadata(), 0);
  }

  private void file(PxarNode node, Bytes name, PxarEntry.RegularFile file) throws IOException {
    Bytes written = early.get(file.position());
    if (written != null) {
      link(name, written, file);
      return;
    }
    tar.entry(TarOutput.Type.FILE, name, Bytes.EMPTY, file.stat(), file.metadata(), file.bytes());
    try (InputStream content = archive.content(node).stream(0)) {
      tar.content(content, file.bytes());
    }
  }

  private void hardLink(PxarNode node, Bytes name, PxarEntry.HardLink link) throws IOException {
    PxarNode first = archive.first(node);
    if (!(first.entry() instanceof PxarEntry.RegularFile file)) {
      return;
    }
    Bytes written = early.get(link.targetPosition());
    if (written == null && cameBefore(link.path(), node.path())) {
      written = within(link.path());
    }
    if (written != null) {
      link(name, written, file);
    } else {
      early.put(link.targetPosition(), name);
      tar.entry(TarOutput.Type.FILE, name, Bytes.EMPTY, file.stat(), file.metadata(), file.bytes());
      try (InputStream content = archive.content(first).stream(0)) {
        tar.content(content, file.bytes());
      }
    }
  }

  private void link(Bytes name, Bytes to, PxarEntry.RegularFile file) throws IOException {
    tar.entry(TarOutput.Type.HARD_LINK, name, to, file.stat(), PxarMetadata.NONE, 0);
  }

  /**
   * Whether the archive's first name of a file was written before this further one: it is below the
   * top, and not in a directory below the further one's, which comes later here.
   */
  private boolean cameBefore(Bytes first, Bytes further) {
    return isBelow(first, top.path()) && !isBelow(parent(first), parent(further));
  }

  /** Not the directory itself; everything is below the root. */
  private static boolean isBelow(Bytes path, Bytes directory) {
    return path.length() > directory.length()
        && path.startsWith(directory)
        && (directory.isEmpty() || path.at(directory.length()) == '/');
  }

  private static Bytes parent(Bytes path) {
    int end = path.length();
    while (end > 0 && path.at(end - 1) != '/') {
      end--;
    }
    return path.slice(0, Math.max(0, end - 1));
  }

  private Bytes within(Bytes path) {
    return path.slice(top.path().isEmpty() ? 0 : top.path().length() + 1, path.length());
  }

  private static byte[] join(Bytes directory) {
    byte[] name = new byte[directory.length() + 1];
    directory.copyTo(name, 0);
    name[directory.length()] = '/';
    return name;
  }
}
