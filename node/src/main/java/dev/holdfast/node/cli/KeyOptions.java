package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.error.BackupException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The key of the client: named on the command line, or the user's own in the configuration
 * directory, where the real client has it too (spec/protocols.md §1.5).
 */
final class KeyOptions {
  @Option(
      names = "--keyfile",
      paramLabel = "FILE",
      description = "The encryption key; default: that of the configuration directory, if any.")
  private @Nullable Path file;

  @Option(
      names = "--keyfd",
      paramLabel = "NUMBER",
      description = "The encryption key, read from this file descriptor.")
  private @Nullable Integer descriptor;

  /**
   * A key that was found.
   *
   * @param path where
   * @param isDefault nobody named it
   */
  record Found(KeyFile file, Path path, boolean isDefault) {
    EncryptionKey open(Terminal terminal) {
      try {
        return file.open(() -> Passphrases.ofKey(terminal));
      } catch (BackupException e) {
        throw new BackupException(e.kind(), "key '" + path + "': " + e.text(), e).withFactsOf(e);
      }
    }
  }

  boolean isNamed() {
    return file != null || descriptor != null;
  }

  /** Null when none is named and there is no default one. */
  @Nullable Found search(Terminal terminal) {
    Path named = named();
    if (named != null) {
      return new Found(read(named), named, false);
    }
    Path usual = ClientFiles.configuration(terminal, KeyFiles.ENCRYPTION_KEY).orElse(null);
    return usual == null || !Files.exists(usual) ? null : new Found(read(usual), usual, true);
  }

  /** The key itself, which may ask for a passphrase. */
  @Nullable EncryptionKey find(Terminal terminal) {
    Found found = search(terminal);
    return found == null ? null : found.open(terminal);
  }

  private @Nullable Path named() {
    if (file != null && descriptor != null) {
      throw new UsageException("--keyfile and --keyfd exclude each other", null);
    }
    return descriptor == null ? file : Path.of("/dev/fd", descriptor.toString());
  }

  private static KeyFile read(Path path) {
    try {
      return KeyFileJson.parse(KeyFiles.read(path, KeyFileJson.BYTES_MAX));
    } catch (BackupException e) {
      throw new BackupException(e.kind(), "'" + path + "': " + e.text(), e).withFactsOf(e);
    }
  }
}
