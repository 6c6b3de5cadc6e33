package dev.holdfast.chunkstore.pxar;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
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
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lists a tree so that two of them can be compared line by line: one JSON object per entry, in
 * order of names, with everything that a backup is to bring back. Two trees with the same lines
 * have the same content, modes, owners, times, links and attributes.
 *
 * <pre>
 * path (null and path_base64 when not UTF-8), type, mode (octal), uid, gid, mtime_s, mtime_ns,
 * size and sha256 (files), target or target_base64 (symbolic links), major and minor (devices),
 * xattrs_base64 {name: value}, nlink and link_group (files with several names in this tree,
 * counted from 1 in order)
 * </pre>
 */
public final class TreeListing {
  private record FileId(long device, long inode) {}

  private static final class Links {
    int names;
    int group;
  }

  private static final int BUFFER_BYTES = 256 * 1024;

  private final Posix posix;
  private final JsonGenerator json;
  private final Map<FileId, Links> links = new HashMap<>();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int groups;

  private TreeListing(Posix posix, JsonGenerator json) {
    this.posix = posix;
    this.json = json;
  }

  /**
   * Lists {@code root}, whose own path is {@code .}, and all below it, on any file system. Blocks;
   * reads every file. Fails on whatever cannot be read. The sink stays open.
   */
  public static void write(Path root, OutputStream sink) throws IOException {
    JsonFactory factory =
        JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();
    Bytes path = Bytes.of(root);
    try (Posix posix = Posix.open();
        JsonGenerator json = factory.createGenerator(sink)) {
      json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
      TreeListing listing = new TreeListing(posix, json);
      int flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY;
      int handle = posix.open(Posix.WORKING_DIRECTORY, path, flags, 0);
      try {
        listing.countLinks(handle);
      } finally {
        posix.close(handle);
      }
      handle =
          posix.open(Posix.WORKING_DIRECTORY, path, flags, 0); // the first one is read to its end
      try {
        listing.directory(handle, posix.stat(handle), Bytes.EMPTY);
      } finally {
        posix.close(handle);
      }
      json.writeRaw('\n');
    } catch (PosixException e) {
      throw e.toBackup("cannot list '" + path + "'");
    }
  }

  // Names outside of the tree are no property of the tree, so the link count of the file will not
  // do.
  private void countLinks(int directory) throws PosixException {
    for (DirectoryEntry entry : posix.list(directory)) {
      PosixStat stat = posix.stat(directory, entry.name());
      if (stat.isDirectory()) {
        int handle = open(directory, entry.name(), OpenFlags.DIRECTORY);
        try {
          countLinks(handle);
        } finally {
          posix.close(handle);
        }
      } else if (stat.isRegular() && stat.links() > 1) {
        links.computeIfAbsent(id(stat), unused -> new Links()).names++;
      }
    }
  }

  private void directory(int handle, PosixStat stat, Bytes path) throws IOException {
    start(path, "dir", stat);
    end(posix.xattrs(handle));
    List<DirectoryEntry> entries = posix.list(handle);
    entries.sort(Comparator.comparing(DirectoryEntry::name));
    for (DirectoryEntry entry : entries) {
      Bytes name = entry.name();
      PosixStat child = posix.stat(handle, name);
      Bytes childPath = path.resolve(name);
      if (child.isDirectory()) {
        int childHandle = open(handle, name, OpenFlags.DIRECTORY);
        try {
          directory(childHandle, child, childPath);
        } finally {
          posix.close(childHandle);
        }
      } else if (child.isRegular()) {
        file(handle, name, child, childPath);
      } else {
        special(handle, name, child, childPath);
      }
    }
  }

  private void file(int directory, Bytes name, PosixStat stat, Bytes path) throws IOException {
    start(path, "file", stat);
    int handle = open(directory, name, OpenFlags.NON_BLOCKING);
    try {
      MessageDigest sha = Digest.sha256();
      long bytes = 0;
      for (int got = read(handle); got >= 0; got = read(handle)) {
        sha.update(buffer, 0, got);
        bytes += got;
      }
      json.writeNumberField("size", bytes);
      json.writeStringField("sha256", HexFormat.of().formatHex(sha.digest()));
      Links names = links.get(id(stat));
      if (names != null && names.names > 1) {
        if (names.group == 0) {
          names.group = ++groups;
        }
        json.writeNumberField("nlink", names.names);
        json.writeNumberField("link_group", names.group);
      }
      end(posix.xattrs(handle));
    } finally {
      posix.close(handle);
    }
  }

  private void special(int directory, Bytes name, PosixStat stat, Bytes path) throws IOException {
    switch (stat.type()) {
      case FileMode.SYMLINK -> {
        start(path, "symlink", stat);
        text("target", posix.readLink(directory, name));
      }
      case FileMode.CHARACTER_DEVICE -> device("chardev", stat, path);
      case FileMode.BLOCK_DEVICE -> device("blockdev", stat, path);
      case FileMode.FIFO -> start(path, "fifo", stat);
      case FileMode.SOCKET -> start(path, "socket", stat);
      default -> start(path, "unknown", stat);
    }
    end(posix.xattrs(directory, name));
  }

  private void device(String type, PosixStat stat, Bytes path) throws IOException {
    start(path, type, stat);
    json.writeNumberField("major", Integer.toUnsignedLong(stat.specialMajor()));
    json.writeNumberField("minor", Integer.toUnsignedLong(stat.specialMinor()));
  }

  private void start(Bytes path, String type, PosixStat stat) throws IOException {
    json.writeStartObject();
    text("path", path.isEmpty() ? Bytes.of(".") : path);
    json.writeStringField("type", type);
    String octal = Integer.toOctalString(stat.mode() & FileMode.PERMISSION_MASK);
    json.writeStringField("mode", "0".repeat(Math.max(0, 4 - octal.length())) + octal);
    json.writeNumberField("uid", Integer.toUnsignedLong(stat.uid()));
    json.writeNumberField("gid", Integer.toUnsignedLong(stat.gid()));
    json.writeNumberField("mtime_s", stat.modifySeconds());
    json.writeNumberField("mtime_ns", stat.modifyNanos());
  }

  private void end(List<Xattr> xattrs) throws IOException {
    if (!xattrs.isEmpty()) {
      json.writeObjectFieldStart("xattrs_base64");
      for (Xattr xattr : xattrs.stream().sorted(Comparator.comparing(Xattr::name)).toList()) {
        json.writeBinaryField(xattr.name().toString(), xattr.value().toArray());
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private void text(String field, Bytes value) throws IOException {
    @Nullable String text = value.utf8();
    if (text != null) {
      json.writeStringField(field, text);
    } else {
      json.writeNullField(field);
      json.writeBinaryField(field + "_base64", value.toArray());
    }
  }

  private int open(int directory, Bytes name, int flags) throws PosixException {
    return posix.open(directory, name, flags | OpenFlags.READ_ONLY | OpenFlags.NO_FOLLOW, 0);
  }

  private int read(int handle) throws PosixException {
    return posix.read(handle, buffer, 0, buffer.length);
  }

  private static FileId id(PosixStat stat) {
    return new FileId(stat.device(), stat.inode());
  }
}
