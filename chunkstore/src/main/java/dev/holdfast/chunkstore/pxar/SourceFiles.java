package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;
import dev.holdfast.chunkstore.pxar.posix.Xattr;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads what a backup wants of the files of a tree: attributes, and content. */
final class SourceFiles {
  private static final int READ_FLAGS =
      OpenFlags.READ_ONLY | OpenFlags.NO_FOLLOW | OpenFlags.NO_TERMINAL;
  private static final int DIRECTORY_FLAGS =
      OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;

  /** MSDOS_SUPER_MAGIC of linux/magic.h: the only ones with these attributes. */
  static final long FAT_MAGIC = 0x4d44;

  private final Posix posix;
  private final TreeCount count;
  private long lastDevice = -1;
  private boolean lastIsFat;

  SourceFiles(Posix posix, TreeCount count) {
    this.posix = posix;
    this.count = count;
  }

  // Reading is not to count as an access, where that is allowed; a name that turned into a fifo
  // must not hang us; and a file under a lease is waited for.
  int open(int directory, Bytes name) throws PosixException {
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

  /** As {@link #open(int, Bytes)} for a path below the root, through no link. */
  int openBelow(int root, Bytes path) throws PosixException {
    int directory = root;
    int start = 0;
    try {
      for (int i = 0; i < path.length(); i++) {
        if (path.at(i) == '/') {
          int next = posix.open(directory, path.slice(start, i), DIRECTORY_FLAGS, 0);
          if (directory != root) {
            posix.close(directory);
          }
          directory = next;
          start = i + 1;
        }
      }
      return open(directory, path.slice(start, path.length()));
    } finally {
      if (directory != root) {
        posix.close(directory);
      }
    }
  }

  /** The stat of a file or directory that is open. */
  PxarStat stat(int handle, PosixStat found) throws PosixException {
    long flags =
        isFat(handle, found.device())
            ? FileFlags.storedFat(posix.fatAttributes(handle))
            : FileFlags.stored(posix.attributeFlags(handle));
    return new PxarStat(
        found.mode(), flags, found.uid(), found.gid(), found.modifySeconds(), found.modifyNanos());
  }

  // Asked for once per file system, not per file.
  private boolean isFat(int handle, long device) throws PosixException {
    if (device != lastDevice) {
      lastIsFat = posix.fileSystemType(handle) == FAT_MAGIC;
      lastDevice = device;
    }
    return lastIsFat;
  }

  /** The attributes of a file or directory that is open. */
  PxarMetadata metadata(int handle, Bytes path) throws PosixException {
    int project = posix.quotaProject(handle);
    Long stored = project == 0 ? null : (Long) Integer.toUnsignedLong(project);
    return metadata(posix.xattrs(handle), stored, path);
  }

  /** The attributes of a symbolic link, device, fifo or socket. */
  PxarMetadata metadata(int directory, Bytes name, Bytes path) throws PosixException {
    return metadata(posix.xattrs(directory, name), null, path);
  }

  private PxarMetadata metadata(List<Xattr> xattrs, @Nullable Long project, Bytes path) {
    for (Xattr xattr : xattrs) {
      if (!PxarMetadata.hasPlace(xattr.name())) {
        // The kernel knows a handful of name spaces, so these are few texts.
        String space = xattr.name().toString().replaceFirst("\\..*", "");
        count.warnOnce(
            "extended attributes '" + space + ".…' are not saved, archives have no place for them");
      }
    }
    try {
      return PxarMetadata.of(xattrs, project);
    } catch (BackupException e) {
      count.warn(path + ": its access list was left out: " + e.text());
      List<Xattr> others =
          xattrs.stream()
              .filter(x -> !x.name().equals(PosixAcl.ACCESS) && !x.name().equals(PosixAcl.DEFAULT))
              .toList();
      return PxarMetadata.of(others, project);
    }
  }

  /** The content of a file, as long as it is open. */
  InputStream content(int handle, Bytes path) {
    return new Content(handle, path);
  }

  private final class Content extends InputStream {
    private final int handle;
    private final Bytes path;

    Content(int handle, Bytes path) {
      this.handle = handle;
      this.path = path;
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
        throw e.toBackup("cannot read '" + path + "'");
      }
    }
  }
}
