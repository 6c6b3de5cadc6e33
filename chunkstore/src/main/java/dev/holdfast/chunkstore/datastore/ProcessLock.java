package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileErrors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps other processes (a second node, a PBS daemon, an old process that still ends its work) away
 * from a datastore: an exclusive fcntl record lock on {@code .lock}, held as long as the datastore
 * is open (spec/engine.md §1.1). Released by the system when the process dies.
 */
final class ProcessLock implements AutoCloseable {
  /**
   * Directories locked by this process. This has to be known process-wide: fcntl locks belong to
   * the process and vanish when <em>any</em> descriptor of the file is closed, so a second open of
   * a held lock file, even one that fails to lock, would silently free the first.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path directory;
  private final FileChannel channel;

  private ProcessLock(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /** Never waits: LOCKED when anyone else holds the lock. */
  static ProcessLock take(Path base) {
    Path directory;
    try {
      directory = base.toRealPath();
    } catch (IOException e) {
      throw FileErrors.of("cannot open datastore", base, e);
    }
    if (!HELD.add(directory)) {
      throw busy(base, "this process, which has it open already");
    }
    try {
      return new ProcessLock(directory, lock(base, directory.resolve(DatastoreLayout.LOCK)));
    } catch (RuntimeException e) {
      HELD.remove(directory);
      throw e;
    }
  }

  private static FileChannel lock(Path base, Path file) {
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      @Nullable FileLock lock = null;
      try {
        lock = channel.tryLock();
      } finally {
        if (lock == null) {
          channel.close();
        }
      }
      if (lock == null) {
        throw busy(base, "another process");
      }
      return channel;
    } catch (IOException e) {
      throw FileErrors.of("cannot lock datastore with", file, e);
    }
  }

  private static BackupException busy(Path base, String by) {
    return new BackupException(Kind.LOCKED, "datastore directory '" + base + "' is in use by " + by)
        .with("path", base.resolve(DatastoreLayout.LOCK))
        .advise("Stop the other node or PBS daemon that uses this directory.");
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw FileErrors.of("cannot unlock datastore", directory, e);
    } finally {
      HELD.remove(directory);
    }
  }
}
