package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file that a restore makes. */
final class TargetFile {
  private TargetFile() {}

  /**
   * @param overwrite whether a file that is there is emptied, instead of ALREADY_EXISTS
   */
  static FileChannel open(Path target, boolean overwrite) throws IOException {
    try {
      return overwrite
          ? FileChannel.open(
              target,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING)
          : FileChannel.open(target, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException e) {
      throw new BackupException(Kind.ALREADY_EXISTS, "'" + target + "' is there already", e)
          .advise("Name a new file, or give --overwrite.");
    }
  }
}
