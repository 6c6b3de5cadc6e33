package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.model.BackupType;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes a datastore with all its backups, for good, and nothing else from its directory
 * (spec/engine.md §8.2). Snapshots go before chunks, and {@code .lock} last: as long as it is there
 * an interrupted destruction can be done again. Holds the lock against other processes; the
 * datastore must be closed. For one thread; blocks.
 */
public final class DatastoreDestruction implements AutoCloseable {
  private final FileOps files;
  private final DatastoreLayout layout;
  private final ProcessLock processLock;

  /** Hears of the work; what it throws ends it, and what was removed stays so. */
  public interface Watcher {
    /** Before each directory of chunks, of {@link ChunkStore#PREFIX_COUNT}. */
    void chunkDirectory(int number);

    /** A part of the datastore is gone. */
    void removed(String name);
  }

  private DatastoreDestruction(FileOps files, DatastoreLayout layout, ProcessLock processLock) {
    this.files = files;
    this.layout = layout;
    this.processLock = processLock;
  }

  /**
   * Takes the directory for itself.
   *
   * @throws BackupException NOT_FOUND when there is neither a datastore nor what is left of one,
   *     LOCKED when another process has it
   */
  public static DatastoreDestruction begin(FileOps files, Path base) {
    requireSomething(files, base);
    return new DatastoreDestruction(files, new DatastoreLayout(base), ProcessLock.take(base));
  }

  /** Throws NOT_FOUND when there is neither a datastore nor what is left of one. */
  public static void requireSomething(FileOps files, Path base) {
    Path lock = new DatastoreLayout(base).lock();
    if (!Datastore.exists(files, base) && !Directories.exists(files, lock)) {
      throw BackupException.notFound("there is no datastore in '" + base + "'")
          .with("path", base)
          .advise(
              "Check that its file system is mounted. To forget it and leave its data, remove it"
                  + " without destroying them.");
    }
  }

  /** Removes the backups and their chunks. Fine when part of that was done before. */
  public void removeData(Watcher watcher) {
    List<String> parts = new ArrayList<>();
    parts.add(DatastoreLayout.NAMESPACE_DIRECTORY);
    for (BackupType type : BackupType.values()) {
      parts.add(type.text());
    }
    parts.add(Datastore.MOVES_DIRECTORY);
    parts.add(Datastore.COLLECTION_STATUS_FILE);
    for (String part : parts) {
      removeTree(layout.base().resolve(part));
      watcher.removed(part);
    }
    removeChunks(watcher);
    watcher.removed(ChunkStore.DIRECTORY);
  }

  private void removeChunks(Watcher watcher) {
    Path chunks = layout.base().resolve(ChunkStore.DIRECTORY);
    int number = 0;
    for (String name : Directories.names(files, chunks)) {
      watcher.chunkDirectory(number++);
      removeTree(chunks.resolve(name));
    }
    removeTree(chunks);
  }

  /**
   * Removes the lock file, and the directory when nothing of anybody else is in it. To be called
   * when no configuration names the datastore any more.
   *
   * @return whether the directory is gone
   */
  public boolean removeRest() {
    Directories.deleteIfExists(files, layout.lock());
    if (!Directories.names(files, layout.base()).isEmpty()) {
      return false;
    }
    Directories.deleteIfExists(files, layout.base());
    return true;
  }

  /** Links are removed and not followed. */
  private void removeTree(Path path) {
    try {
      FileOps.Stat stat = files.stat(path);
      if (stat == null) {
        return;
      }
      if (stat.isDirectory()) {
        try (DirectoryStream<Path> entries = files.list(path)) {
          for (Path entry : entries) {
            removeTree(entry);
          }
        }
      }
      files.delete(path);
    } catch (NoSuchFileException e) {
      // gone is what was asked for
    } catch (IOException e) {
      throw FileErrors.of("cannot remove", path, e);
    }
  }

  @Override
  public void close() {
    processLock.close();
  }
}
