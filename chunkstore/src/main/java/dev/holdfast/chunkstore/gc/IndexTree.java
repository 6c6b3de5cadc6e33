package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.file.DirectoryNames;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.BackupType;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Walks the whole directory of a datastore for places with index files: groups, and index files
 * that lie anywhere else, which somebody put there and which count as well (spec/engine.md §2.4).
 * Names that begin with a dot and links are passed over. What cannot be read stops the walk, since
 * it may hold indexes; only a {@code lost+found} of the file system is no matter.
 */
final class IndexTree implements Iterator<IndexTree.Place> {
  private static final String NAMESPACES = "ns";
  private static final String LOST_AND_FOUND = "lost+found";

  /** Where indexes are. */
  sealed interface Place {
    Path path();
  }

  /** The directory of a group: {@code vm|ct|host/<id>} of a namespace. */
  record Group(Path path) implements Place {}

  /** An index file outside of all groups. */
  record Stray(Path path) implements Place {}

  /** What the names in a directory mean. */
  private enum Level {
    NAMESPACE,
    NAMESPACES,
    TYPE,
    FOREIGN
  }

  private record Directory(Path path, Level level) {}

  private final FileOps files;
  private final Path base;
  private final Deque<Directory> ahead = new ArrayDeque<>();
  private final Deque<Place> found = new ArrayDeque<>();

  IndexTree(FileOps files, Path base) {
    this.files = files;
    this.base = base;
    ahead.push(new Directory(base, Level.NAMESPACE));
  }

  static boolean isIndex(String name) {
    return name.endsWith(".fidx") || name.endsWith(".didx");
  }

  @Override
  public boolean hasNext() {
    while (found.isEmpty() && !ahead.isEmpty()) {
      enter(ahead.pop());
    }
    return !found.isEmpty();
  }

  @Override
  public Place next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return found.pop();
  }

  private void enter(Directory directory) {
    for (String name : names(directory.path())) {
      Path path = directory.path().resolve(name);
      if (isDirectory(path)) {
        switch (directory.level()) {
          case NAMESPACE -> ahead.push(new Directory(path, levelBelowNamespace(name)));
          case NAMESPACES -> ahead.push(new Directory(path, Level.NAMESPACE));
          case TYPE -> found.add(new Group(path));
          case FOREIGN -> ahead.push(new Directory(path, Level.FOREIGN));
        }
      } else if (isIndex(name)) {
        found.add(new Stray(path));
      }
    }
  }

  private static Level levelBelowNamespace(String name) {
    if (name.equals(NAMESPACES)) {
      return Level.NAMESPACES;
    }
    for (BackupType type : BackupType.values()) {
      if (type.text().equals(name)) {
        return Level.TYPE;
      }
    }
    return Level.FOREIGN;
  }

  private List<String> names(Path directory) {
    try {
      return names(files, directory);
    } catch (AccessDeniedException e) {
      if (directory.endsWith(LOST_AND_FOUND) && base.equals(directory.getParent())) {
        return List.of();
      }
      throw FileErrors.of("cannot collect garbage safely: cannot read directory", directory, e);
    } catch (IOException e) {
      throw FileErrors.of("cannot collect garbage safely: cannot read directory", directory, e);
    }
  }

  /** The index files of a place, by another look at its directories. */
  static List<Path> indexFiles(FileOps files, Place place) {
    return switch (place) {
      case Stray stray -> List.of(stray.path());
      case Group group -> {
        List<Path> found = new ArrayList<>();
        try {
          for (String name : names(files, group.path())) {
            Path path = group.path().resolve(name);
            if (isIndex(name)) {
              found.add(path);
            }
            // Of what is no directory there are no names.
            names(files, path).stream()
                .filter(IndexTree::isIndex)
                .map(path::resolve)
                .forEach(found::add);
          }
        } catch (IOException e) {
          throw FileErrors.of("cannot read directory", group.path(), e);
        }
        yield found;
      }
    };
  }

  /** Those that do not begin with a dot; none when the directory is gone. */
  static List<String> names(FileOps files, Path directory) throws IOException {
    try {
      List<String> names = DirectoryNames.of(files, directory);
      names.removeIf(name -> name.startsWith("."));
      return names;
    } catch (NoSuchFileException | NotDirectoryException e) {
      return new ArrayList<>();
    }
  }

  private boolean isDirectory(Path path) {
    try {
      FileOps.Stat stat = files.stat(path);
      return stat != null && stat.isDirectory();
    } catch (IOException e) {
      throw FileErrors.of("cannot collect garbage safely: cannot look at", path, e);
    }
  }
}
