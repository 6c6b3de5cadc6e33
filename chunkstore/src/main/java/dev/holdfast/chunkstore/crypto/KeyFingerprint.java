package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Fingerprint;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Tells keys apart without telling anything about them: the keyed digest of a fixed text
 * (spec/formats.md §3.1). Written as 32 hex pairs joined by colons.
 */
public record KeyFingerprint(Digest digest) {
  /** Bytes of the short form that people are shown. */
  private static final int BRIEF_BYTES = 8;

  private static final HexFormat PAIRS = HexFormat.ofDelimiter(":");

  /** Either case is taken, with or without colons, as PBS reads it. */
  public static KeyFingerprint parse(String text) {
    String hex = text.replace(":", "").toLowerCase(Locale.ROOT);
    try {
      return new KeyFingerprint(Digest.parse(hex));
    } catch (BackupException e) {
      throw new BackupException(
          e.kind(), "invalid key fingerprint '" + text + "': expected 32 hex pairs", e);
    }
  }

  /** The first eight bytes: what messages show, as real clients do. */
  public String brief() {
    return PAIRS.formatHex(digest.bytes(), 0, BRIEF_BYTES);
  }

  @Override
  public String toString() {
    return new Fingerprint(digest).toString();
  }
}
