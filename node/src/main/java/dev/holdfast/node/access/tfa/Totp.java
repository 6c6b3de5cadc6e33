package dev.holdfast.node.access.tfa;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import javax.crypto.spec.SecretKeySpec;
import org.apache.commons.codec.binary.Base32;

/**
 * Time-based one-time codes (RFC 6238) by what an {@code otpauth} address says:
 *
 * <pre>
 * uri   := "otpauth://totp/" label "?secret=" base32 ("&amp;issuer=" text)? ("&amp;algorithm=" hash)?
 *          ("&amp;digits=" 6..8)? ("&amp;period=" seconds)?
 * hash  := "SHA1" | "SHA256" | "SHA512", in any case; default SHA1
 * entry := uri | { "totp": uri, "last-count": step of the last accepted code }
 * </pre>
 *
 * Immutable; its text shows no secret.
 */
final class Totp {
  private static final String SCHEME = "otpauth";
  private static final String KIND = "totp";

  /** How many steps a clock may be off, either way. */
  private static final int STEPS_AROUND = 1;

  private static final int DIGITS_DEFAULT = 6;
  private static final int DIGITS_MAX = 8;
  private static final Duration PERIOD_DEFAULT = Duration.ofSeconds(30);
  private static final Duration PERIOD_MAX = Duration.ofHours(1);

  /** RFC 4226 asks for 16; what apps hand out has 10 sometimes. */
  private static final int SECRET_BYTES_MIN = 10;

  private static final int SECRET_BYTES_MAX = 256;

  private final String uri;
  private final SecretKeySpec key;
  private final TimeBasedOneTimePasswordGenerator codes;
  private final int digits;
  private final long periodSeconds;

  /** Codes up to this step were used; −1 = none yet. */
  private final long lastStep;

  private Totp(
      String uri,
      SecretKeySpec key,
      TimeBasedOneTimePasswordGenerator codes,
      int digits,
      long periodSeconds,
      long lastStep) {
    this.uri = uri;
    this.key = key;
    this.codes = codes;
    this.digits = digits;
    this.periodSeconds = periodSeconds;
    this.lastStep = lastStep;
  }

  /** Throws INVALID_INPUT, without the address in it. */
  static Totp parse(String uri) {
    return parse(uri, -1);
  }

  static Totp ofEntry(JsonNode entry) {
    return entry.isTextual()
        ? parse(entry.textValue())
        : parse(entry.path("totp").asText(""), entry.path("last-count").asLong(-1));
  }

  private static Totp parse(String uri, long lastStep) {
    URI address;
    try {
      address = URI.create(uri);
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.INVALID_INPUT, "the TOTP address is malformed");
    }
    if (!SCHEME.equals(address.getScheme()) || !KIND.equals(address.getHost())) {
      throw BackupException.invalid("expected an address otpauth://totp/LABEL?secret=…");
    }
    Map<String, String> query = query(address.getRawQuery());
    int digits = number(query, "digits", DIGITS_DEFAULT, DIGITS_DEFAULT, DIGITS_MAX);
    int period =
        number(query, "period", (int) PERIOD_DEFAULT.toSeconds(), 1, (int) PERIOD_MAX.toSeconds());
    String algorithm = algorithm(query.getOrDefault("algorithm", "SHA1"));
    byte[] secret = secret(query.getOrDefault("secret", ""));
    return new Totp(
        uri,
        new SecretKeySpec(secret, algorithm),
        new TimeBasedOneTimePasswordGenerator(Duration.ofSeconds(period), digits, algorithm),
        digits,
        period,
        lastStep);
  }

  private static Map<String, String> query(String raw) {
    Map<String, String> query = new HashMap<>();
    for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        query.put(
            pair.substring(0, equals),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static int number(
      Map<String, String> query, String name, int otherwise, int min, int max) {
    String text = query.get(name);
    if (text == null) {
      return otherwise;
    }
    if (!text.matches("[0-9]{1,6}")
        || Integer.parseInt(text) < min
        || Integer.parseInt(text) > max) {
      throw BackupException.invalid(
          "TOTP " + name + " '" + text + "', expected " + min + " to " + max);
    }
    return Integer.parseInt(text);
  }

  private static String algorithm(String text) {
    return switch (text.toUpperCase(Locale.ROOT).replace("-", "")) {
      case "SHA1" -> "HmacSHA1";
      case "SHA256" -> "HmacSHA256";
      case "SHA512" -> "HmacSHA512";
      default ->
          throw BackupException.invalid(
              "TOTP algorithm '" + text + "', expected SHA1, SHA256 or SHA512");
    };
  }

  private static byte[] secret(String base32) {
    byte[] secret;
    try {
      secret = new Base32().decode(base32.toUpperCase(Locale.ROOT).replaceAll("[ =-]", ""));
    } catch (IllegalArgumentException e) {
      throw new BackupException(Kind.INVALID_INPUT, "the TOTP secret is not base32");
    }
    if (secret.length < SECRET_BYTES_MIN || secret.length > SECRET_BYTES_MAX) {
      throw BackupException.invalid(
          "the TOTP secret has "
              + secret.length
              + " bytes, expected "
              + SECRET_BYTES_MIN
              + " to "
              + SECRET_BYTES_MAX);
    }
    return secret;
  }

  /** The step whose code this is, if that was not used yet; empty for a wrong or used code. */
  OptionalLong accepts(String code, Instant now) {
    if (code.length() != digits) {
      return OptionalLong.empty();
    }
    byte[] given = code.getBytes(StandardCharsets.UTF_8);
    long current = now.getEpochSecond() / periodSeconds;
    for (long step = current - STEPS_AROUND; step <= current + STEPS_AROUND; step++) {
      if (step > lastStep
          && MessageDigest.isEqual(codeAt(step).getBytes(StandardCharsets.US_ASCII), given)) {
        return OptionalLong.of(step);
      }
    }
    return OptionalLong.empty();
  }

  /** For tests. */
  String code(Instant now) {
    return codeAt(now.getEpochSecond() / periodSeconds);
  }

  private String codeAt(long step) {
    try {
      return codes.generateOneTimePasswordString(
          key, Instant.ofEpochSecond(step * periodSeconds), Locale.ROOT);
    } catch (InvalidKeyException e) {
      throw new BackupException(Kind.INTERNAL, "cannot compute a one-time code: " + e, e);
    }
  }

  /** For the file, after the code of that step was accepted. */
  JsonNode entry(long usedStep) {
    return JsonNodeFactory.instance.objectNode().put("totp", uri).put("last-count", usedStep);
  }

  @Override
  public String toString() {
    return "Totp[" + digits + " digits, " + periodSeconds + " s]";
  }
}
