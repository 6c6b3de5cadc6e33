package dev.holdfast.chunkstore.manifest;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.crypto.KeyFingerprint;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Digest;
import org.jspecify.annotations.Nullable;

/**
 * Signs manifests and decides what to make of signed ones (spec/formats.md §3.7). A signature ties
 * the files' checksums to the key: who only has the server's disks cannot exchange them.
 */
public final class ManifestSignature {
  private ManifestSignature() {}

  /** The same manifest with a signature of this key, and the key's fingerprint. */
  public static Manifest sign(Manifest manifest, EncryptionKey key) {
    return manifest.withSignature(key.authTag(manifest.signedText()), key.fingerprint());
  }

  /**
   * Is this manifest one to be read with this key, or with none? An unsigned one always is.
   *
   * @throws BackupException UNAUTHENTICATED when it was made with another key, or with one and none
   *     is given; CORRUPT_DATA when its signature is not that of its text
   */
  public static void check(Manifest manifest, @Nullable EncryptionKey key) {
    KeyFingerprint needed = needed(manifest);
    if (key == null) {
      if (needed != null) {
        throw new BackupException(
                Kind.UNAUTHENTICATED,
                "missing key - manifest of "
                    + manifest.snapshot()
                    + " was created with key "
                    + needed.brief())
            .with("key", needed)
            .advise("Give the key file with --keyfile.");
      }
      return;
    }
    if (needed != null && !needed.equals(key.fingerprint())) {
      throw new BackupException(
              Kind.UNAUTHENTICATED,
              "wrong key - manifest of "
                  + manifest.snapshot()
                  + " was created with key "
                  + needed.brief()
                  + ", the given one is "
                  + key.fingerprint().brief())
          .with("key", needed)
          .advise("Give the key file of " + needed.brief() + " with --keyfile.");
    }
    String stated = manifest.signature();
    if (stated != null) {
      Digest computed = key.authTag(manifest.signedText());
      if (!computed.hex().equals(stated)) {
        throw BackupException.corrupt(
                "manifest of "
                    + manifest.snapshot()
                    + " has signature '"
                    + stated
                    + "', its text has '"
                    + computed
                    + "'")
            .advise("It was changed after it was signed, or signed with another key.");
      }
    }
  }

  private static @Nullable KeyFingerprint needed(Manifest manifest) {
    String text = manifest.keyFingerprint();
    try {
      return text == null ? null : KeyFingerprint.parse(text);
    } catch (BackupException e) {
      throw new BackupException(
          Kind.CORRUPT_DATA, "manifest of " + manifest.snapshot() + ": " + e.text(), e);
    }
  }
}
