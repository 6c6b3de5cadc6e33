package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.file.DirectoryNames;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Small helpers on the directories of the tree; none of them follows links. */
final class Directories {
  /** Nothing of ours nests deeper than this below a snapshot. */
  private static final int REMOVE_DEPTH_MAX = 8;

  private Directories() {}

  /** Names in a directory, unordered; none when it is absent or something else. */
  static List<String> names(FileOps files, Path directory) {
    try {
      return DirectoryNames.of(files, directory);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return new ArrayList<>();
    } catch (IOException e) {
      throw FileErrors.of("cannot read directory", directory, e);
    }
  }

  static boolean exists(FileOps files, Path path) {
    return stat(files, path) != null;
  }

  static boolean isDirectory(FileOps files, Path path) {
    FileOps.Stat stat = stat(files, path);
    return stat != null && stat.isDirectory();
  }

  /** Size of a regular file; negative when there is none. */
  static long fileBytes(FileOps files, Path path) {
    FileOps.Stat stat = stat(files, path);
    return stat != null && stat.isRegular() ? stat.bytes() : -1;
  }

  private static FileOps.@Nullable Stat stat(FileOps files, Path path) {
    try {
      return files.stat(path);
    } catch (IOException e) {
      throw FileErrors.of("cannot look at", path, e);
    }
  }

  /** True when this call made it, false when it was there. */
  static boolean ensure(FileOps files, Path directory) {
    try {
      files.createDirectory(directory, DatastoreLayout.DIRECTORY_MODE);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException e) {
      throw FileErrors.ofWrite(files, "cannot create directory", directory, 0, e);
    }
  }

  /** Makes the names in a directory durable, and in each above it up to {@code base}. */
  static void syncUpTo(FileOps files, Path base, Path directory) throws IOException {
    for (Path up = directory; up != null && up.startsWith(base); up = up.getParent()) {
      files.syncDirectory(up);
    }
  }

  static void deleteIfExists(FileOps files, Path path) {
    try {
      files.delete(path);
    } catch (NoSuchFileException e) {
      // gone is what was asked for
    } catch (IOException e) {
      throw FileErrors.of("cannot remove", path, e);
    }
  }

  /** Removes a directory with all it holds; absent is fine. */
  static void removeTree(FileOps files, Path directory) {
    removeTree(files, directory, 0);
  }

  private static void removeTree(FileOps files, Path path, int depth) {
    if (depth < REMOVE_DEPTH_MAX && isDirectory(files, path)) {
      for (String name : names(files, path)) {
        removeTree(files, path.resolve(name), depth + 1);
      }
    }
    deleteIfExists(files, path);
  }
}
