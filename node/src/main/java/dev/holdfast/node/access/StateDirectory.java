package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.DirectoryNames;
import dev.holdfast.chunkstore.file.FileOps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The directory that holds everything a node knows besides its datastores: configuration, keys,
 * hashes, task logs. Whoever can read it is administrator, so it is 0700 and its files 0600.
 *
 * <p>Files are replaced atomically (temporary file, fsync, rename, fsync of the directory). One
 * process owns the directory; calls may come from any thread.
 */
public final class StateDirectory {
  public static final int DIRECTORY_MODE = 0700;
  public static final int FILE_MODE = AtomicFiles.PRIVATE_MODE;

  /** No state file comes near; a bigger one is not ours, and must not fill the heap. */
  public static final int FILE_BYTES_MAX = 16 * 1024 * 1024;

  private final FileOps files;
  private final Path path;
  private final SecureRandom random;
  private final AtomicFiles atomic;

  private StateDirectory(FileOps files, Path path, SecureRandom random) {
    this.files = files;
    this.path = path;
    this.random = random;
    this.atomic = new AtomicFiles(files, FILE_MODE, random);
  }

  /** Creates the directory (not its parents) when absent, and takes foreign permissions away. */
  public static StateDirectory open(FileOps files, Path path, SecureRandom random) {
    Path absolute = path.toAbsolutePath().normalize();
    try {
      FileOps.Stat stat = files.stat(absolute);
      if (stat == null) {
        files.createDirectory(absolute, DIRECTORY_MODE);
      } else if (!stat.isDirectory()) {
        throw BackupException.invalid("state directory '" + absolute + "' is not a directory");
      } else {
        closeToOthers(absolute);
      }
    } catch (IOException e) {
      throw failure("cannot use state directory '" + absolute + "'", e)
          .advise("Create its parent directory, or give the user that runs the node access to it.");
    }
    return new StateDirectory(files, absolute, random);
  }

  public Path path() {
    return path;
  }

  public FileOps files() {
    return files;
  }

  public SecureRandom random() {
    return random;
  }

  /** The sub-directory of that name, created 0700 when absent. */
  public Path directory(String name) {
    Path directory = path.resolve(name);
    try {
      if (files.stat(directory) == null) {
        files.createDirectory(directory, DIRECTORY_MODE);
        files.syncDirectory(path);
      }
      return directory;
    } catch (IOException e) {
      throw failure("cannot create '" + directory + "'", e);
    }
  }

  /** The whole file, or empty when there is none. */
  public Optional<byte[]> read(String name) {
    Path file = path.resolve(name);
    try (SeekableByteChannel channel = files.open(file)) {
      long bytes = channel.size();
      if (bytes > FILE_BYTES_MAX) {
        throw BackupException.corrupt(
            "'" + file + "' has " + bytes + " bytes, expected at most " + FILE_BYTES_MAX);
      }
      ByteBuffer buffer = ByteBuffer.allocate((int) bytes);
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // until full or at the end
      }
      byte[] content = new byte[buffer.position()];
      buffer.flip().get(content);
      return Optional.of(content);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw failure("cannot read '" + file + "'", e);
    }
  }

  /**
   * Replaces the file, durably. When this throws, a reader finds the old content, or the new one
   * when only the name could not be made durable.
   */
  public void write(String name, byte[] content) {
    Path file = path.resolve(name);
    try {
      atomic.replace(file, content, true);
    } catch (IOException e) {
      throw failure("cannot write '" + file + "'", e);
    }
  }

  /** Gives a file another name, durably, and replaces the one that had it. */
  public void rename(String from, String to) {
    try {
      files.rename(path.resolve(from), path.resolve(to));
      files.syncDirectory(path);
    } catch (IOException e) {
      throw failure("cannot rename '" + path.resolve(from) + "' to '" + to + "'", e);
    }
  }

  /** Names in a sub-directory, unordered; none when it is not there or a file. */
  public List<String> names(String directory) {
    try {
      return DirectoryNames.of(files, path.resolve(directory));
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (IOException e) {
      throw failure("cannot list '" + path.resolve(directory) + "'", e);
    }
  }

  /** Durably; absent is fine. */
  public void delete(String name) {
    Path file = path.resolve(name);
    try {
      files.delete(file);
      files.syncDirectory(file.resolveSibling(""));
    } catch (NoSuchFileException e) {
      // gone is what was asked for
    } catch (IOException e) {
      throw failure("cannot remove '" + file + "'", e);
    }
  }

  /**
   * Removes files that were to replace others and whose writer died, here and in sub-directories;
   * returns their names. For the one process that owns the directory, before it writes.
   */
  public List<String> removeTemporaryFiles() {
    List<String> removed = new ArrayList<>();
    for (String name : names("")) {
      if (AtomicFiles.isTemporary(name)) {
        removed.add(name);
      } else {
        names(name).stream()
            .filter(AtomicFiles::isTemporary)
            .forEach(below -> removed.add(name + "/" + below));
      }
    }
    removed.forEach(this::delete);
    return removed;
  }

  private static void closeToOthers(Path directory) throws IOException {
    PosixFileAttributeView view =
        Files.getFileAttributeView(directory, PosixFileAttributeView.class);
    if (view != null) {
      view.setPermissions(PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static BackupException failure(String what, IOException cause) {
    return new BackupException(Kind.INTERNAL, what + ": " + cause, cause);
  }
}
