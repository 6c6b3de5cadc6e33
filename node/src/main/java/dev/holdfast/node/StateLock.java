package dev.holdfast.node;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.node.access.StateDirectory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One node per state directory: a lock on {@code node.lock} for as long as the node runs. The
 * system gives it back when the process dies.
 */
public final class StateLock implements AutoCloseable {
  private static final String FILE = "node.lock";

  private final FileChannel channel;

  private StateLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Never waits: LOCKED when another node has the directory. */
  public static StateLock take(StateDirectory directory) {
    Path file = directory.path().resolve(FILE);
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean locked = false;
      try {
        locked = channel.tryLock() != null;
      } catch (OverlappingFileLockException e) {
        // held by this very process
      } finally {
        if (!locked) {
          channel.close();
        }
      }
      if (!locked) {
        throw new BackupException(
                Kind.LOCKED, "state directory '" + directory.path() + "' is in use by another node")
            .advise("Stop that node, or give this one a state directory of its own.");
      }
      return new StateLock(channel);
    } catch (IOException e) {
      throw new BackupException(Kind.INTERNAL, "cannot lock '" + file + "': " + e, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new BackupException(Kind.INTERNAL, "cannot unlock the state directory: " + e, e);
    }
  }
}
