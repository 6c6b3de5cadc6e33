package dev.holdfast.chunkstore.file;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import dev.holdfast.chunkstore.pxar.posix.DirectoryEntry;
import dev.holdfast.chunkstore.pxar.posix.OpenFlags;
import dev.holdfast.chunkstore.pxar.posix.Posix;
import dev.holdfast.chunkstore.pxar.posix.PosixException;
import dev.holdfast.chunkstore.pxar.posix.PosixStat;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A walker with one system call per question, relative to the open directory: a third of what the
 * JDK needs, which resolves the path each time and reads the old times before it sets new ones.
 */
final class LinuxWalker implements DirectoryWalker {
  /** Whether this platform has the calls. */
  static final boolean AVAILABLE =
      System.getProperty("os.name", "").equals("Linux")
          && System.getProperty("sun.arch.data.model", "").equals("64");

  private static final int NONE = -1;

  private final Posix posix = Posix.open();
  private Path directory = Path.of("");
  private int handle = NONE;

  @Override
  public boolean enter(Path entered) throws IOException {
    leave();
    directory = entered;
    try {
      int flags = OpenFlags.READ_ONLY | OpenFlags.DIRECTORY | OpenFlags.NO_FOLLOW;
      handle = posix.open(Posix.WORKING_DIRECTORY, Bytes.of(entered), flags, 0);
      return true;
    } catch (PosixException e) {
      if (e.errno() == PosixException.ENOENT) {
        return false;
      }
      throw failure(entered, e);
    }
  }

  @Override
  public List<String> names() throws IOException {
    try {
      List<String> names = new ArrayList<>();
      for (DirectoryEntry entry : posix.list(handle)) {
        String name = entry.name().utf8();
        if (name != null) { // what is no text has no name of ours
          names.add(name);
        }
      }
      return names;
    } catch (PosixException e) {
      throw failure(directory, e);
    }
  }

  @Override
  public FileOps.@Nullable Stat stat(String name) throws IOException {
    try {
      PosixStat stat = posix.stat(handle, Bytes.of(name));
      FileOps.Stat.Kind kind =
          stat.isRegular()
              ? FileOps.Stat.Kind.REGULAR
              : stat.isDirectory() ? FileOps.Stat.Kind.DIRECTORY : FileOps.Stat.Kind.OTHER;
      return new FileOps.Stat(
          kind,
          stat.bytes(),
          Instant.ofEpochSecond(stat.accessSeconds(), stat.accessNanos()),
          Instant.ofEpochSecond(stat.modifySeconds(), stat.modifyNanos()));
    } catch (PosixException e) {
      if (e.errno() == PosixException.ENOENT) {
        return null;
      }
      throw failure(directory.resolve(name), e);
    }
  }

  @Override
  public void touch(String name, Instant accessTime) throws IOException {
    try {
      posix.setAccessTime(
          handle, Bytes.of(name), accessTime.getEpochSecond(), accessTime.getNano());
    } catch (PosixException e) {
      throw failure(directory.resolve(name), e);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    try {
      posix.remove(handle, Bytes.of(name), false);
    } catch (PosixException e) {
      throw failure(directory.resolve(name), e);
    }
  }

  private void leave() {
    if (handle != NONE) {
      posix.close(handle);
      handle = NONE;
    }
  }

  /** In the types that the JDK's own calls throw, so that callers need to know one kind. */
  private static IOException failure(Path path, PosixException cause) {
    FileSystemException known =
        switch (cause.errno()) {
          case PosixException.ENOENT -> new NoSuchFileException(path.toString());
          case PosixException.ENOTDIR -> new NotDirectoryException(path.toString());
          case PosixException.EACCES, PosixException.EPERM ->
              new AccessDeniedException(path.toString());
          default -> new FileSystemException(path.toString(), null, cause.reason());
        };
    known.initCause(cause);
    return known;
  }

  @Override
  public void close() {
    leave();
    posix.close();
  }
}
