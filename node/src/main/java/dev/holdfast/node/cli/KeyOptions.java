package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFile;
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
   */
  record Found(KeyFile file, Path path) {
    EncryptionKey open(Terminal terminal) {
      return KeyFiles.open(terminal, file, path);
    }
  }

  boolean isNamed() {
    return file != null || descriptor != null;
  }

  /** Null when none is named and there is no default one. */
  @Nullable Found search(Terminal terminal) {
    Path named = named();
    if (named != null) {
      return new Found(KeyFiles.readKey(named), named);
    }
    Path usual = ClientFiles.configuration(terminal, KeyFiles.ENCRYPTION_KEY).orElse(null);
    return usual == null || !Files.exists(usual) ? null : new Found(KeyFiles.readKey(usual), usual);
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
}
