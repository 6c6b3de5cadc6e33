package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Protection;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * How what is sent is protected, decided as the real client decides it: a key that is named
 * encrypts, and so does the user's own one, unless the mode says otherwise; half a wish is refused
 * rather than sent in the clear.
 */
final class ProtectionOptions {
  @Mixin private KeyOptions keyOptions = new KeyOptions();

  @Option(
      names = "--crypt-mode",
      paramLabel = "MODE",
      description = {
        "encrypt (content is encrypted, the manifest signed), sign-only, or none;",
        "default: encrypt if there is a key, else none."
      })
  private @Nullable CryptMode mode;

  boolean isNone() {
    return mode == CryptMode.NONE;
  }

  /** The key to be used; null when nothing is to be protected. */
  KeyOptions.@Nullable Found search(Terminal terminal) {
    if (isNone()) {
      if (keyOptions.isNamed()) {
        throw new UsageException("--keyfile and --crypt-mode none exclude each other", null);
      }
      return null;
    }
    KeyOptions.Found found = keyOptions.search(terminal);
    if (found == null && mode != null) {
      throw new UsageException(
          "--crypt-mode " + mode + " needs a key, and none is named or in the usual place",
          "Give --keyfile, or make one with `holdfast key create`.");
    }
    return found;
  }

  /** What the key does. */
  Protection with(EncryptionKey key, SecureRandom random) {
    return mode == CryptMode.SIGN_ONLY ? Protection.signOnly(key) : Protection.encrypt(key, random);
  }

  /** All in one; may ask for a passphrase. */
  Protection find(Terminal terminal) {
    KeyOptions.Found found = search(terminal);
    return found == null ? Protection.NONE : with(found.open(terminal), new SecureRandom());
  }
}
