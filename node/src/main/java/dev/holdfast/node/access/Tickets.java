package dev.holdfast.node.access;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Login tickets (spec/protocols.md §2.3):
 *
 * <pre>
 * ticket := "PBS:" userid ":" time "::" signature
 * time   := 8 upper-case hex digits, seconds since the epoch
 * userid := as text, with ":" and control characters percent-encoded
 * signature := base64 without padding, over everything before "::"
 * </pre>
 *
 * A login that waits for its second factor has {@code "!tfa!"} and the challenge as JSON for a user
 * id, and a signature over everything before "::" with {@code ":" userid} behind it.
 *
 * <p>A terminal's ticket has the prefix {@code PBSTERM}, no user id, and a signature with {@code
 * ":" userid path port} behind.
 *
 * <p>The key pair is {@code authkey.key} and {@code authkey.pub} in the state directory: Ed25519
 * when made here; RSA (SHA-256, PKCS#1 v1.5) of an older installation is taken too.
 */
public final class Tickets {
  public static final Duration AGE_MAX = Duration.ofHours(2);

  /** How far a clock may be ahead of ours. */
  public static final Duration SKEW_MAX = Duration.ofMinutes(5);

  /** Of a login that waits for its second factor. */
  static final Duration HALF_AGE_MAX = Duration.ofMinutes(10);

  static final Duration HALF_SKEW_MAX = Duration.ofMinutes(1);

  static final String PREFIX = "PBS";
  private static final String TERMINAL_PREFIX = "PBSTERM";
  private static final String HALF = "!tfa!";
  private static final String PRIVATE_FILE = "authkey.key";
  private static final String PUBLIC_FILE = "authkey.pub";
  private static final List<String> KEY_ALGORITHMS = List.of("Ed25519", "RSA");

  /** 4096 bits of RSA in base64 and the longest user id fit easily. */
  private static final int LENGTH_MAX = 2048;

  /** A challenge names all keys that a user has. */
  private static final int HALF_LENGTH_MAX = 32 * 1024;

  private final @Nullable PrivateKey privateKey;
  private final PublicKey publicKey;

  Tickets(@Nullable PrivateKey privateKey, PublicKey publicKey) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /** With the keys of the state directory, made when there are none. */
  static Tickets open(StateDirectory directory) {
    byte[] privatePem = directory.read(PRIVATE_FILE).orElse(null);
    byte[] publicPem = directory.read(PUBLIC_FILE).orElse(null);
    if (privatePem == null || publicPem == null) {
      KeyPair pair = generate();
      directory.write(PRIVATE_FILE, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
      directory.write(PUBLIC_FILE, pem("PUBLIC KEY", pair.getPublic().getEncoded()));
      return new Tickets(pair.getPrivate(), pair.getPublic());
    }
    return new Tickets(privateKey(privatePem), publicKey(publicPem));
  }

  /** A ticket for a user; tokens log in by themselves. */
  public String issue(AuthId user, Instant now) {
    return signed(user.toString(), now, "");
  }

  /** The ticket of a login that waits for its second factor; it opens nothing. */
  String issueHalf(AuthId user, String challenge, Instant now) {
    return signed(HALF + challenge, now, ":" + user);
  }

  private String signed(String data, Instant now, String behind) {
    String text = PREFIX + ":" + encode(data) + ":" + hexTime(now);
    try {
      Signature signer = Signature.getInstance(algorithm(publicKey));
      signer.initSign(privateKey);
      signer.update((text + behind).getBytes(StandardCharsets.UTF_8));
      return text + "::" + Base64.getEncoder().withoutPadding().encodeToString(signer.sign());
    } catch (GeneralSecurityException e) {
      throw new BackupException(Kind.INTERNAL, "cannot sign a ticket: " + e, e);
    }
  }

  /**
   * Whose ticket it is; throws UNAUTHENTICATED with one of the texts of spec/protocols.md §2.3. The
   * age is checked before the signature.
   */
  public AuthId verify(String ticket, Instant now) {
    if (ticket.startsWith(PREFIX + ":" + HALF)) {
      throw refused("second login factor required");
    }
    String data = opened(PREFIX, ticket, LENGTH_MAX, "", AGE_MAX, SKEW_MAX, now);
    try {
      return AuthId.parse(data);
    } catch (BackupException e) {
      throw new BackupException(Kind.UNAUTHENTICATED, "ticket with invalid user id", e);
    }
  }

  /** Throws UNAUTHENTICATED for what {@link #issueHalf} did not give this user. */
  void verifyHalf(String ticket, AuthId user, Instant now) {
    if (!opened(PREFIX, ticket, HALF_LENGTH_MAX, ":" + user, HALF_AGE_MAX, HALF_SKEW_MAX, now)
        .startsWith(HALF)) {
      throw refused("no ticket of a half-finished login");
    }
  }

  /** Whether it says of itself that it opens a terminal. */
  public static boolean isTerminal(String ticket) {
    return ticket.startsWith(TERMINAL_PREFIX + ":");
  }

  /**
   * Throws UNAUTHENTICATED for what does not open a terminal. This node opens none and gives no
   * such ticket; one of a server whose keys it took over may still be shown to it.
   */
  void verifyTerminal(String ticket, AuthId who, String path, int port, Instant now) {
    String behind = ":" + who + path + port;
    var unused = opened(TERMINAL_PREFIX, ticket, LENGTH_MAX, behind, AGE_MAX, SKEW_MAX, now);
  }

  private String opened(
      String prefix,
      String ticket,
      int lengthMax,
      String behind,
      Duration ageMax,
      Duration skewMax,
      Instant now) {
    // Of a terminal the data is empty, which makes two colons, too.
    int end = ticket.lastIndexOf("::");
    if (ticket.length() > lengthMax || end < 0) {
      throw refused("invalid ticket without signature");
    }
    String[] parts = ticket.substring(0, end).split(":", -1);
    if (!parts[0].equals(prefix)) {
      throw refused("ticket with invalid prefix");
    }
    if (parts.length != 3) {
      throw refused("invalid ticket without signature");
    }
    checkAge("invalid ticket - ", parts[2], ageMax, skewMax, now);
    if (!signatureFits(ticket.substring(0, end) + behind, ticket.substring(end + 2))) {
      throw refused("ticket with invalid signature");
    }
    return PercentCoding.decode(parts[1], false);
  }

  /** Of tickets and CSRF tokens. */
  static void checkAge(String prefix, String time, Duration ageMax, Duration skewMax, Instant now) {
    long age;
    try {
      age = now.getEpochSecond() - Long.parseLong(time, 16);
    } catch (NumberFormatException e) {
      throw new BackupException(Kind.UNAUTHENTICATED, prefix + "malformed time", e);
    }
    if (age < -skewMax.toSeconds()) {
      throw refused(prefix + "timestamp newer than expected");
    }
    if (age > ageMax.toSeconds()) {
      throw refused(prefix + "expired");
    }
  }

  static String hexTime(Instant now) {
    return String.format(Locale.ROOT, "%08X", now.getEpochSecond());
  }

  static BackupException refused(String reason) {
    return new BackupException(Kind.UNAUTHENTICATED, reason);
  }

  private boolean signatureFits(String text, String signature) {
    try {
      Signature verifier = Signature.getInstance(algorithm(publicKey));
      verifier.initVerify(publicKey);
      verifier.update(text.getBytes(StandardCharsets.UTF_8));
      return verifier.verify(Base64.getDecoder().decode(signature));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      return false; // not base64, or not of this key's form: as good as a wrong one
    }
  }

  private static String encode(String data) {
    StringBuilder out = new StringBuilder();
    for (byte b : data.getBytes(StandardCharsets.UTF_8)) {
      if (b < 0x20 || b == 0x7f || b == ':') {
        out.append(String.format(Locale.ROOT, "%%%02X", b & 0xff));
      } else {
        out.append((char) b);
      }
    }
    return out.toString();
  }

  private static String algorithm(PublicKey key) {
    return key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "Ed25519";
  }

  private static KeyPair generate() {
    try {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every JDK has Ed25519", e);
    }
  }

  private static PrivateKey privateKey(byte[] pem) {
    byte[] der = der(pem, PRIVATE_FILE);
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (GeneralSecurityException e) {
        // of the other kind, perhaps
      }
    }
    throw BackupException.corrupt(
        "'" + PRIVATE_FILE + "': expected an Ed25519 or RSA private key (PKCS#8 PEM)");
  }

  static PublicKey publicKey(byte[] pem) {
    byte[] der = der(pem, PUBLIC_FILE);
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der));
      } catch (GeneralSecurityException e) {
        // of the other kind, perhaps
      }
    }
    throw BackupException.corrupt(
        "'" + PUBLIC_FILE + "': expected an Ed25519 or RSA public key (PEM)");
  }

  private static byte[] der(byte[] pem, String file) {
    StringBuilder base64 = new StringBuilder();
    new String(pem, StandardCharsets.US_ASCII)
        .lines()
        .map(String::strip)
        .filter(line -> !line.startsWith("-----"))
        .forEach(base64::append);
    try {
      return Base64.getDecoder().decode(base64.toString());
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.CORRUPT_DATA, "'" + file + "' is not PEM", e);
    }
  }

  private static byte[] pem(String label, byte[] der) {
    return ("-----BEGIN "
            + label
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END "
            + label
            + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
