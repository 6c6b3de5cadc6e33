package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.Kdf;
import dev.holdfast.chunkstore.crypto.KeyFile;
import dev.holdfast.chunkstore.crypto.KeyFileJson;
import dev.holdfast.chunkstore.model.Secret;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a key file that is written wraps its key. */
final class NewKeyOptions {
  @Option(
      names = "--kdf",
      paramLabel = "KIND",
      description = "none, scrypt or pbkdf2; default: scrypt.")
  private Kdf.Kind kind = Kdf.Kind.SCRYPT;

  @Option(
      names = "--hint",
      paramLabel = "TEXT",
      description = "Reminds of the passphrase when it is wrong.")
  private @Nullable String hint;

  @Option(
      names = "--new-passphrase-file",
      paramLabel = "FILE",
      description = "Its first line is the passphrase of the new file; default: ask for it twice.")
  private @Nullable Path passphraseFile;

  /** Before anything is asked or made. */
  void check() {
    if (kind == Kdf.Kind.NONE && hint != null) {
      throw new UsageException("password hint not allowed for --kdf none", null);
    }
  }

  /**
   * The content of the file.
   *
   * @param created of the key; null = now
   * @param prompt asks for the passphrase
   */
  byte[] wrap(
      Terminal terminal, EncryptionKey key, @Nullable OffsetDateTime created, String prompt) {
    OffsetDateTime now = OffsetDateTime.now(ZoneId.systemDefault());
    OffsetDateTime since = created == null ? now : created;
    SecureRandom random = new SecureRandom();
    KeyFile file =
        switch (Kdf.create(kind, random)) {
          case Kdf.None none -> KeyFile.plain(key, since, now);
          case Kdf.Wrapping kdf -> {
            Secret passphrase = Passphrases.create(terminal, prompt, passphraseFile);
            yield KeyFile.wrapped(key, kdf, passphrase, hint, since, now, random);
          }
        };
    return KeyFileJson.print(file);
  }
}
