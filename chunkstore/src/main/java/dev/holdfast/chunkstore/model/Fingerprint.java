package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * SHA-256 over the DER of a leaf certificate, written as 32 hex pairs joined by colons
 * (spec/protocols.md §1.2).
 */
public record Fingerprint(Digest digest) {
  private static final Pattern PATTERN = Pattern.compile("(?:[0-9a-f]{2}:){31}[0-9a-f]{2}");

  /** Either case is taken; comparison ignores it. */
  public static Fingerprint parse(String text) {
    String lower = text.trim().toLowerCase(Locale.ROOT);
    if (!PATTERN.matcher(lower).matches()) {
      throw BackupException.invalid(
          "invalid fingerprint '" + text + "': expected 32 hex pairs joined by ':'");
    }
    return new Fingerprint(Digest.of(HexFormat.ofDelimiter(":").parseHex(lower)));
  }

  /** Of a certificate in DER form. */
  public static Fingerprint ofDer(byte[] certificate) {
    return new Fingerprint(Digest.sha256(certificate));
  }

  @Override
  public String toString() {
    return HexFormat.ofDelimiter(":").formatHex(digest.bytes());
  }
}
