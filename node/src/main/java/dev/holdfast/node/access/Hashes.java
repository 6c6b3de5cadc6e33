package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.apache.commons.codec.digest.Sha2Crypt;
import org.jspecify.annotations.Nullable;

/**
 * Password and token hashes as crypt(3) strings. New ones are SHA-256 crypt, {@code $5$SALT$HASH},
 * which a real server verifies and no library of the system is needed for; those that it makes
 * itself, yescrypt, are checked by the system's crypt(3) (spec/formats.md §10.9).
 */
public final class Hashes {
  private static final String SHA256_CRYPT = "$5$";
  private static final String SALT_CHARACTERS =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  /** The most that SHA-256 crypt takes. */
  private static final int SALT_LENGTH = 16;

  private static final ConcurrentMap<String, Boolean> READABLE = new ConcurrentHashMap<>();

  private Hashes() {}

  static String hash(Secret secret, SecureRandom random) {
    StringBuilder salt = new StringBuilder(SHA256_CRYPT);
    for (int i = 0; i < SALT_LENGTH; i++) {
      salt.append(SALT_CHARACTERS.charAt(random.nextInt(SALT_CHARACTERS.length())));
    }
    return Sha2Crypt.sha256Crypt(bytes(secret.reveal()), salt.toString());
  }

  /** Whether a hash of this kind can be checked on this machine. */
  public static boolean isReadable(String hash) {
    if (hash.startsWith(SHA256_CRYPT)) {
      return true;
    }
    String kind = kind(hash);
    // Asking costs as much as a login: once for each kind.
    return kind != null
        && READABLE.computeIfAbsent(kind, once -> LibCrypt.hash("", hash).isPresent());
  }

  /** {@code $y$}; null when it does not say. */
  private static @Nullable String kind(String hash) {
    int end = hash.indexOf('$', 1);
    return end > 0 ? hash.substring(0, end + 1) : null;
  }

  /**
   * Costs milliseconds of CPU by design. Throws UNSUPPORTED_VERSION on a kind that neither we nor
   * the system know.
   */
  static boolean verify(Secret secret, String hash) {
    String again = hash.startsWith(SHA256_CRYPT) ? sha256Crypt(secret, hash) : system(secret, hash);
    return MessageDigest.isEqual(bytes(again), bytes(hash));
  }

  private static String sha256Crypt(Secret secret, String hash) {
    try {
      return Sha2Crypt.sha256Crypt(bytes(secret.reveal()), hash);
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.CORRUPT_DATA, "malformed password hash", e);
    }
  }

  private static String system(Secret secret, String hash) {
    if (secret.reveal().indexOf('\0') >= 0) {
      return ""; // would end there for C
    }
    return LibCrypt.hash(secret.reveal(), hash)
        .orElseThrow(
            () ->
                new BackupException(
                        Kind.UNSUPPORTED_VERSION,
                        "hash of kind '"
                            + Objects.requireNonNullElse(kind(hash), "unknown")
                            + (LibCrypt.isThere()
                                ? "', which the system's libcrypt does not know"
                                : "', which needs the system's libcrypt"))
                    .advise("Set the password or make the token anew on this node."));
  }

  // A fresh array each time: the library clears the key it was given.
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
