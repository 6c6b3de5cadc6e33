package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that show that a changing request with a ticket comes from our own page
 * (spec/protocols.md §2.5):
 *
 * <pre>
 * token := time ":" base64-without-padding(HMAC-SHA3-256(key, time ":" userid ":"))
 * </pre>
 *
 * The key is {@code csrf.key}, the base64 of 64 random bytes. An RSA key file of an older
 * installation serves as the bytes that it is, and the older SHA-256 construction is accepted.
 */
public final class Csrf {
  private static final String FILE = "csrf.key";
  private static final int KEY_BYTES = 64;

  private final byte[] key;

  private Csrf(byte[] key) {
    this.key = key;
  }

  static Csrf open(StateDirectory directory) {
    byte[] file = directory.read(FILE).orElse(null);
    if (file == null) {
      byte[] fresh = new byte[KEY_BYTES];
      directory.random().nextBytes(fresh);
      file =
          Base64.getEncoder()
              .withoutPadding()
              .encodeToString(fresh)
              .getBytes(StandardCharsets.US_ASCII);
      directory.write(FILE, file);
    }
    return of(file);
  }

  /** From the content of a key file. */
  static Csrf of(byte[] file) {
    String text = new String(file, StandardCharsets.US_ASCII).strip();
    if (text.startsWith("-----BEGIN")) {
      return new Csrf(file.clone());
    }
    try {
      return new Csrf(Base64.getDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.CORRUPT_DATA, "'" + FILE + "' is not base64", e);
    }
  }

  public String issue(AuthId user, Instant now) {
    String time = Tickets.hexTime(now);
    return time + ":" + encode(mac(time, user));
  }

  /** Throws UNAUTHENTICATED. */
  public void verify(@Nullable String token, AuthId user, Instant now) {
    if (token == null) {
      throw Tickets.refused("missing CSRF prevention token");
    }
    int colon = token.indexOf(':');
    if (colon < 0) {
      throw Tickets.refused("invalid csrf token - malformed");
    }
    String time = token.substring(0, colon);
    Tickets.checkAge("invalid csrf token - ", time, Tickets.AGE_MAX, Tickets.SKEW_MAX, now);
    String mac = token.substring(colon + 1);
    boolean fits = same(mac, mac(time, user));
    boolean fitsLegacy = same(mac, legacy(time, user));
    if (!fits && !fitsLegacy) {
      throw Tickets.refused("invalid csrf token - wrong signature");
    }
  }

  private static boolean same(String sent, byte[] wanted) {
    return MessageDigest.isEqual(
        sent.getBytes(StandardCharsets.US_ASCII),
        encode(wanted).getBytes(StandardCharsets.US_ASCII));
  }

  private byte[] mac(String time, AuthId user) {
    try {
      Mac mac = Mac.getInstance("HmacSHA3-256");
      mac.init(new SecretKeySpec(key, "HmacSHA3-256"));
      return mac.doFinal((time + ":" + user + ":").getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has HMAC-SHA3-256", e);
    }
  }

  private byte[] legacy(String time, AuthId user) {
    MessageDigest sha = Digest.sha256();
    sha.update((time + ":" + user + ":").getBytes(StandardCharsets.UTF_8));
    sha.update(key);
    return sha.digest();
  }

  private static String encode(byte[] bytes) {
    return Base64.getEncoder().withoutPadding().encodeToString(bytes);
  }
}
