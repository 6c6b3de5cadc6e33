package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code NAME:-} reads: standard input, or the output of a command. A pipe does not tell
 * whether the program at its other end has failed; a command that fails makes the backup fail, so
 * that half a dump is never taken for a whole one.
 */
final class StreamSource implements AutoCloseable {
  private final InputStream content;
  private final @Nullable Process process;
  private final String name;

  private StreamSource(InputStream content, @Nullable Process process, String name) {
    this.content = content;
    this.process = process;
    this.name = name;
  }

  /**
   * @param command to run, split by a shell's quoting rules; null for standard input
   */
  static StreamSource open(Terminal terminal, @Nullable String command) throws IOException {
    if (command == null) {
      return new StreamSource(terminal.in(), null, "standard input");
    }
    List<String> words = ExternalCommand.words(command, "--stdin-from-command");
    Process process = ExternalCommand.start(words);
    return new StreamSource(process.getInputStream(), process, "'" + words.getFirst() + "'");
  }

  InputStream content() {
    return content;
  }

  /** For messages. */
  String name() {
    return name;
  }

  /** After the last byte: throws when the command says that it has failed. */
  void end() {
    if (process == null) {
      return;
    }
    try {
      int code = process.waitFor();
      if (code != 0) {
        throw BackupException.invalid(name + " ended with " + code);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackupException(Kind.CANCELLED, "interrupted while waiting for " + name, e);
    }
  }

  /** Ends a command that is still running. */
  @Override
  public void close() {
    if (process != null) {
      process.destroy();
    }
  }
}
