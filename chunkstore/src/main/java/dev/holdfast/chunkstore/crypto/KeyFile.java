package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SecretBytes;
import java.security.SecureRandom;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.AEADBadTagException;
import org.jspecify.annotations.Nullable;

/**
 * An encryption key as it lies in a file, {@code encryption-key.json}: as it is, or wrapped with a
 * passphrase (spec/formats.md §3.2). {@link KeyFileJson} has the form.
 *
 * @param kdf how the passphrase wraps it
 * @param created when the key was made
 * @param modified when it was wrapped as it is now
 * @param data the key itself, or iv(16) ‖ tag(16) ‖ AES-256-GCM of the key(32)
 * @param fingerprint of the key; old files have none
 * @param hint reminds of the passphrase
 */
public record KeyFile(
    Kdf kdf,
    OffsetDateTime created,
    OffsetDateTime modified,
    SecretBytes data,
    @Nullable KeyFingerprint fingerprint,
    @Nullable String hint) {
  /** What a new passphrase must have, as PBS asks for it. */
  public static final int PASSPHRASE_LENGTH_MIN = 5;

  private static final int TAG_AT = AesGcm.IV_BYTES;
  private static final int SEALED_AT = TAG_AT + AesGcm.TAG_BYTES;
  private static final int WRAPPED_BYTES = SEALED_AT + EncryptionKey.BYTES;

  public KeyFile {
    int expected = kdf instanceof Kdf.None ? EncryptionKey.BYTES : WRAPPED_BYTES;
    if (data.length() != expected) {
      throw BackupException.corrupt(
          "key file holds " + data.length() + " bytes of key data, expected " + expected);
    }
  }

  /** A file that holds the key as it is. */
  public static KeyFile plain(EncryptionKey key, OffsetDateTime created, OffsetDateTime now) {
    return new KeyFile(
        new Kdf.None(), seconds(created), seconds(now), key.raw(), key.fingerprint(), null);
  }

  /**
   * A file that only the passphrase opens.
   *
   * @throws BackupException INVALID_INPUT when it is too short
   */
  public static KeyFile wrapped(
      EncryptionKey key,
      Kdf.Wrapping kdf,
      Secret passphrase,
      @Nullable String hint,
      OffsetDateTime created,
      OffsetDateTime now,
      SecureRandom random) {
    requireLong(passphrase);
    byte[] data = new byte[WRAPPED_BYTES];
    byte[] iv = new byte[AesGcm.IV_BYTES];
    random.nextBytes(iv);
    byte[] raw = key.raw().reveal();
    byte[] tag = AesGcm.seal(kdf.derive(passphrase), iv, raw, 0, raw.length, data, SEALED_AT);
    System.arraycopy(iv, 0, data, 0, iv.length);
    System.arraycopy(tag, 0, data, TAG_AT, tag.length);
    return new KeyFile(
        kdf, seconds(created), seconds(now), new SecretBytes(data), key.fingerprint(), hint);
  }

  /** Throws INVALID_INPUT for a new passphrase that is too short. */
  public static void requireLong(Secret passphrase) {
    if (passphrase.reveal().length() < PASSPHRASE_LENGTH_MIN) {
      throw BackupException.invalid(
          "Password too short! It needs at least " + PASSPHRASE_LENGTH_MIN + " characters.");
    }
  }

  /**
   * The key.
   *
   * @param passphrase asked only if the key is wrapped
   * @throws BackupException UNAUTHENTICATED when the passphrase is wrong, CORRUPT_DATA when the key
   *     is not the one that the file names
   */
  public EncryptionKey open(Supplier<Secret> passphrase) {
    EncryptionKey key =
        switch (kdf) {
          case Kdf.None none -> EncryptionKey.of(data);
          case Kdf.Wrapping wrapping -> EncryptionKey.of(unwrap(wrapping, passphrase.get()));
        };
    if (fingerprint != null && !fingerprint.equals(key.fingerprint())) {
      throw BackupException.corrupt(
          "key file names the key "
              + fingerprint.brief()
              + ", but holds the key "
              + key.fingerprint().brief());
    }
    return key;
  }

  private SecretBytes unwrap(Kdf.Wrapping wrapping, Secret passphrase) {
    byte[] wrapped = data.reveal();
    byte[] iv = Arrays.copyOfRange(wrapped, 0, TAG_AT);
    byte[] tag = Arrays.copyOfRange(wrapped, TAG_AT, SEALED_AT);
    try {
      return new SecretBytes(
          AesGcm.open(
              wrapping.derive(passphrase), iv, tag, wrapped, SEALED_AT, EncryptionKey.BYTES));
    } catch (AEADBadTagException e) {
      throw new BackupException(
              Kind.UNAUTHENTICATED,
              "Unable to decrypt key" + (hint == null ? "" : " (password hint: " + hint + ")"),
              e)
          .advise("The passphrase is wrong, or the key file is damaged.");
    }
  }

  private static OffsetDateTime seconds(OffsetDateTime time) {
    return time.truncatedTo(ChronoUnit.SECONDS);
  }
}
