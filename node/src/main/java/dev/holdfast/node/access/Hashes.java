package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import org.apache.commons.codec.digest.Sha2Crypt;

/**
 * Password and token hashes as crypt(3) strings: SHA-256 crypt, {@code $5$SALT$HASH}, which a real
 * server still verifies (spec/formats.md §10.9). Its newer yescrypt ({@code $y$}) is not built:
 * such a password or token has to be set anew.
 */
final class Hashes {
  private static final String SHA256_CRYPT = "$5$";
  private static final String SALT_CHARACTERS =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  /** The most that SHA-256 crypt takes. */
  private static final int SALT_LENGTH = 16;

  private Hashes() {}

  static String hash(Secret secret, SecureRandom random) {
    StringBuilder salt = new StringBuilder(SHA256_CRYPT);
    for (int i = 0; i < SALT_LENGTH; i++) {
      salt.append(SALT_CHARACTERS.charAt(random.nextInt(SALT_CHARACTERS.length())));
    }
    return Sha2Crypt.sha256Crypt(bytes(secret.reveal()), salt.toString());
  }

  /** Costs some milliseconds of CPU by design. Throws UNSUPPORTED_VERSION on a foreign kind. */
  static boolean verify(Secret secret, String hash) {
    if (!hash.startsWith(SHA256_CRYPT)) {
      int end = hash.indexOf('$', 1);
      throw new BackupException(
              Kind.UNSUPPORTED_VERSION,
              "hash of kind '"
                  + (end > 0 ? hash.substring(0, end + 1) : "unknown")
                  + "', expected "
                  + SHA256_CRYPT)
          .advise("Set the password or make the token anew on this node.");
    }
    String again;
    try {
      again = Sha2Crypt.sha256Crypt(bytes(secret.reveal()), hash);
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.CORRUPT_DATA, "malformed password hash", e);
    }
    return MessageDigest.isEqual(bytes(again), bytes(hash));
  }

  // A fresh array each time: the library clears the key it was given.
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
