package dev.holdfast.chunkstore.pxar;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.DirectoryEntry;
import dev.holdfast.chunkstore.pxar.posix.FileMode;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Lists everything of a directory that a restore must bring back, a JSON object a line, sorted by
 * path, so that two trees are equal when their listings are. A name that is not UTF-8 is given as
 * {@code path_base64}.
 */
public final class TreeListing implements AutoCloseable {
  private record Inode(long device, long number) {}

  private final Posix posix = Posix.open();
  private final OutputStream out;
  private final Map<Inode, String> firstNames = new HashMap<>();
  private final byte[] transfer = new byte[Posix.TRANSFER_BYTES];

  private TreeListing(OutputStream out) {
    this.out = out;
  }

  /** Writes the listing; a file that cannot be read is an error. */
  public static void write(Path root, OutputStream out) throws IOException {
    try (TreeListing listing = new TreeListing(out)) {
      Bytes path = Bytes.of(root);
      int handle;
      try {
        handle = listing.posix.open(Posix.WORKING_DIRECTORY, path, OpenFlags.DIRECTORY, 0);
      } catch (PosixException e) {
        throw e.toBackup("cannot read '" + path + "'");
      }
      try {
        listing.line(
            Bytes.of("."),
            listing.posix.stat(handle),
            listing.posix.xattrs(handle),
            -1,
            Bytes.EMPTY);
        listing.children(handle, Bytes.EMPTY);
      } finally {
        listing.posix.close(handle);
      }
    }
  }

  @Override
  public void close() {
    posix.close();
  }

  private void children(int directory, Bytes path) throws IOException {
    List<DirectoryEntry> entries = posix.list(directory);
    entries.sort(Comparator.comparing(DirectoryEntry::name));
    for (DirectoryEntry entry : entries) {
      Bytes childPath = path.resolve(entry.name());
      PosixStat stat = posix.stat(directory, entry.name());
      line(childPath, stat, posix.xattrs(directory, entry.name()), directory, entry.name());
      if (stat.isDirectory()) {
        int flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;
        int handle = posix.open(directory, entry.name(), flags, 0);
        try {
          children(handle, childPath);
        } finally {
          posix.close(handle);
        }
      }
    }
  }

  private void line(Bytes path, PosixStat stat, List<Xattr> xattrs, int directory, Bytes name)
      throws IOException {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    String text = path.utf8();
    if (text == null) {
      line.put("path_base64", Base64.getEncoder().encodeToString(path.toArray()));
    } else {
      line.put("path", text);
    }
    line.put("type", type(stat.type()));
    line.put("mode", String.format(Locale.ROOT, "%04o", stat.mode() & FileMode.PERMISSION_MASK));
    line.put("uid", Integer.toUnsignedLong(stat.uid()));
    line.put("gid", Integer.toUnsignedLong(stat.gid()));
    line.put("mtime_s", stat.modifySeconds());
    line.put("mtime_ns", stat.modifyNanos());
    switch (stat.type()) {
      case FileMode.REGULAR -> regular(line, path, stat, directory, name);
      case FileMode.SYMLINK -> line.put("target", posix.readLink(directory, name).toString());
      case FileMode.BLOCK_DEVICE, FileMode.CHARACTER_DEVICE ->
          line.put("device", stat.specialMajor() + ":" + stat.specialMinor());
      default -> {}
    }
    if (!xattrs.isEmpty()) {
      ObjectNode values = line.putObject("xattrs_base64");
      xattrs.stream()
          .sorted(Comparator.comparing(Xattr::name))
          .forEach(
              x ->
                  values.put(
                      x.name().toString(),
                      Base64.getEncoder().encodeToString(x.value().toArray())));
    }
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private void regular(ObjectNode line, Bytes path, PosixStat stat, int directory, Bytes name)
      throws IOException {
    line.put("size", stat.bytes());
    line.put("sha256", digest(directory, name));
    if (stat.links() > 1) {
      // Named by the first of its names, which is the same in a restored tree.
      line.put(
          "hardlink",
          firstNames.computeIfAbsent(new Inode(stat.device(), stat.inode()), i -> path.toString()));
    }
  }

  private String digest(int directory, Bytes name) throws IOException {
    int handle = posix.open(directory, name, OpenFlags.READ_ONLY | OpenFlags.NO_FOLLOW, 0);
    try {
      MessageDigest sha = Digest.sha256();
      for (int got = posix.read(handle, transfer, 0, transfer.length);
          got >= 0;
          got = posix.read(handle, transfer, 0, transfer.length)) {
        sha.update(transfer, 0, got);
      }
      return Digest.of(sha.digest()).hex();
    } finally {
      posix.close(handle);
    }
  }

  private static String type(int type) {
    return switch (type) {
      case FileMode.DIRECTORY -> "dir";
      case FileMode.REGULAR -> "file";
      case FileMode.SYMLINK -> "symlink";
      case FileMode.BLOCK_DEVICE -> "block";
      case FileMode.CHARACTER_DEVICE -> "char";
      case FileMode.FIFO -> "fifo";
      default -> "socket";
    };
  }
}
