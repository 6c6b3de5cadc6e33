package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.AEADBadTagException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.digests.SHA256Digest;

/**
 * The key of a client's backups. It encrypts content with AES-256-GCM; from it comes the id key,
 * which names encrypted chunks and signs manifests (spec/formats.md §3.1):
 *
 * <pre>
 *   id key       = PBKDF2-HMAC-SHA256(key, "_id_key", 10 rounds)
 *   keyed digest = SHA-256(content ‖ id key)
 *   auth tag     = HMAC-SHA256(id key, message)
 *   fingerprint  = keyed digest of the SHA-256 of a fixed text
 * </pre>
 *
 * Its text form shows the fingerprint only. Immutable; any thread, but no event loop.
 */
public final class EncryptionKey {
  public static final int BYTES = 32;
  public static final int IV_BYTES = AesGcm.IV_BYTES;
  public static final int TAG_BYTES = AesGcm.TAG_BYTES;

  // Source: proxmox-backup, pbs-tools/src/crypt_config.rs
  private static final byte[] ID_KEY_SALT = "_id_key".getBytes(StandardCharsets.US_ASCII);
  private static final int ID_KEY_ROUNDS = 10;
  private static final byte[] FINGERPRINT_TEXT =
      "Proxmox Backup Encryption Key Fingerprint".getBytes(StandardCharsets.US_ASCII);

  private final byte[] key;
  private final byte[] idKey;
  private final KeyFingerprint fingerprint;

  private EncryptionKey(byte[] key) {
    this.key = key;
    this.idKey = idKey(key);
    byte[] text = Digest.sha256(FINGERPRINT_TEXT).bytes();
    this.fingerprint = new KeyFingerprint(digest(text, 0, text.length));
  }

  /** From its 32 bytes. */
  public static EncryptionKey of(SecretBytes raw) {
    if (raw.length() != BYTES) {
      throw BackupException.invalid(
          "encryption key has " + raw.length() + " bytes, expected " + BYTES);
    }
    return new EncryptionKey(raw.reveal());
  }

  /** A new one. */
  public static EncryptionKey generate(SecureRandom random) {
    byte[] key = new byte[BYTES];
    random.nextBytes(key);
    return new EncryptionKey(key);
  }

  public KeyFingerprint fingerprint() {
    return fingerprint;
  }

  /** The name of a chunk that is encrypted with this key, made of its plain content. */
  public Digest digest(byte[] plain, int offset, int length) {
    MessageDigest sha = Digest.sha256();
    sha.update(plain, offset, length);
    sha.update(idKey);
    return Digest.of(sha.digest());
  }

  /** What only an owner of the key can make of a message. */
  public Digest authTag(byte[] message) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(idKey, "HmacSHA256"));
      return Digest.of(mac.doFinal(message));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HMAC-SHA256", e);
    }
  }

  /**
   * Encrypts {@code length} bytes into {@code target} from {@code at} on, which take as much room.
   *
   * @param iv 16 bytes, never used twice with one key: random ones
   * @return the tag, 16 bytes
   */
  public byte[] seal(byte[] iv, byte[] plain, int offset, int length, byte[] target, int at) {
    return AesGcm.seal(key, iv, plain, offset, length, target, at);
  }

  /**
   * The plain text of {@code length} bytes of cipher text.
   *
   * @throws BackupException CORRUPT_DATA when key, IV, tag and cipher text do not belong together
   */
  public byte[] open(byte[] iv, byte[] tag, byte[] sealed, int offset, int length) {
    try {
      return AesGcm.open(key, iv, tag, sealed, offset, length);
    } catch (AEADBadTagException e) {
      throw new BackupException(
          BackupException.Kind.CORRUPT_DATA,
          "cannot be decrypted with key " + fingerprint.brief() + ": damaged, or of another key",
          e);
    }
  }

  /** For a key file, sealed or not. */
  SecretBytes raw() {
    return new SecretBytes(key);
  }

  private static byte[] idKey(byte[] key) {
    return Pbkdf2Hmac.derive(new SHA256Digest(), key, ID_KEY_SALT, ID_KEY_ROUNDS, BYTES);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EncryptionKey that && MessageDigest.isEqual(key, that.key);
  }

  @Override
  public int hashCode() {
    return fingerprint.hashCode();
  }

  @Override
  public String toString() {
    return "key " + fingerprint.brief();
  }
}
