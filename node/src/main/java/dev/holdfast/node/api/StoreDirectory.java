package dev.holdfast.node.api;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a directory has to be like to become that of a datastore (spec/engine.md §8.1). Looks, and
 * changes nothing; blocks.
 */
public final class StoreDirectory {
  /** A file system of its own has it, and it is no content. */
  private static final String LOST_AND_FOUND = "lost+found";

  /** More lines say no more. */
  private static final int PROBLEMS_MAX = 20;

  private static final Set<PosixFilePermission> WRITABLE_BY_OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private StoreDirectory() {}

  /** Throws INVALID_INPUT when it can be no store's at all. */
  static void requirePlausible(Path path) {
    if (!path.isAbsolute()) {
      throw BackupException.invalid(
          "datastore path '" + path + "' is not absolute, expected one that begins with '/'");
    }
    if (path.normalize().getNameCount() == 0) {
      throw BackupException.invalid(
          "datastore path '"
              + path
              + "' is the root of the file system, expected a directory below it");
    }
  }

  /** For a new one: absent, or with nothing in it but what is hidden. */
  static void requireEmpty(Path path) {
    if (!Files.isDirectory(path)) {
      return;
    }
    try (Stream<Path> content = Files.list(path)) {
      boolean empty =
          content
              .map(entry -> entry.getFileName().toString())
              .allMatch(name -> name.startsWith(".") || name.equals(LOST_AND_FOUND));
      if (!empty) {
        throw BackupException.invalid("datastore path not empty").with("path", path);
      }
    } catch (IOException e) {
      throw new BackupException(
          Kind.INVALID_INPUT, "cannot look at datastore path '" + path + "': " + e, e);
    }
  }

  /**
   * For one that is there already: throws INVALID_INPUT when it is none, or this process may not
   * read and write everywhere in it, or others may write.
   */
  static void requireUsable(Path path) {
    if (!Files.isDirectory(path.resolve(ChunkStore.DIRECTORY))) {
      throw BackupException.invalid("there is no datastore in '" + path + "'");
    }
    List<String> problems = problems(path);
    if (!problems.isEmpty()) {
      throw BackupException.invalid(
              "datastore path '" + path + "' cannot be used: " + problems.getFirst())
          .advise("Make it belong to the user of the node, and to nobody else.");
    }
  }

  /**
   * What is wrong with the directories of a store, and its lock: who may do what. One line each,
   * not too many; none = all is well. Looks at some 65,536 directories.
   */
  public static List<String> problems(Path path) {
    List<String> problems = new ArrayList<>();
    Path chunks = path.resolve(ChunkStore.DIRECTORY);
    look(path, problems);
    look(chunks, problems);
    Path lock = path.resolve(".lock");
    if (Files.exists(lock, LinkOption.NOFOLLOW_LINKS)) {
      look(lock, problems);
    }
    for (int prefix = 0; prefix < ChunkStore.PREFIX_COUNT; prefix++) {
      Path directory = chunks.resolve(HexFormat.of().toHexDigits((short) prefix));
      // One that is absent is made when it is needed.
      if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
        look(directory, problems);
      }
      if (problems.size() >= PROBLEMS_MAX) {
        break;
      }
    }
    return List.copyOf(problems);
  }

  private static void look(Path path, List<String> problems) {
    if (!Files.isReadable(path) || !Files.isWritable(path)) {
      problems.add("this user may not read and write '" + path + "'");
      return;
    }
    try {
      Set<PosixFilePermission> mode =
          Files.readAttributes(path, PosixFileAttributes.class).permissions();
      if (mode.stream().anyMatch(WRITABLE_BY_OTHERS::contains)) {
        problems.add(
            "others may write '"
                + path
                + "': its mode is "
                + PosixFilePermissions.toString(mode)
                + ", expected at most rwxr-xr-x");
      }
    } catch (UnsupportedOperationException e) {
      // a file system without modes
    } catch (IOException e) {
      problems.add("cannot look at '" + path + "': " + e);
    }
  }
}
