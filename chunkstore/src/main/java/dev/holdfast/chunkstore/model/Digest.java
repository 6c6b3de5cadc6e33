package dev.holdfast.chunkstore.model;

import dev.holdfast.chunkstore.error.BackupException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 value: chunk name, index checksum, certificate fingerprint. Held as four big-endian
 * words, so that a set of ten million of them stays small and no array can leak out.
 */
public record Digest(long w0, long w1, long w2, long w3) implements Comparable<Digest> {
  public static final int BYTES = 32;
  public static final int HEX_LENGTH = 64;

  /** From the next 32 bytes of the buffer, whose position moves on. */
  public static Digest read(ByteBuffer buffer) {
    ByteBuffer words = buffer.duplicate().order(ByteOrder.BIG_ENDIAN);
    Digest digest = new Digest(words.getLong(), words.getLong(), words.getLong(), words.getLong());
    buffer.position(buffer.position() + BYTES);
    return digest;
  }

  public static Digest of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw BackupException.invalid("digest has " + bytes.length + " bytes, expected " + BYTES);
    }
    return read(ByteBuffer.wrap(bytes));
  }

  /** From 64 lower-case hex characters. */
  public static Digest parse(String hex) {
    Digest digest = hex.length() == HEX_LENGTH ? atStart(hex) : null;
    if (digest == null) {
      throw BackupException.invalid(
          "invalid digest '" + hex + "': expected 64 lower-case hex characters");
    }
    return digest;
  }

  /** What the 64 lower-case hex characters that a text begins with stand for; null without them. */
  public static @Nullable Digest atStart(String text) {
    byte[] ascii = text.getBytes(StandardCharsets.ISO_8859_1); // with ? for what has no place in it
    if (ascii.length < HEX_LENGTH) {
      return null;
    }
    long invalid = 0;
    long[] words = new long[4];
    for (int i = 0; i < HEX_LENGTH; i += HexDigits.COUNT) {
      long half = HexDigits.at(ascii, i);
      invalid |= half;
      words[i / 16] = words[i / 16] << Integer.SIZE | half;
    }
    return invalid < 0 ? null : new Digest(words[0], words[1], words[2], words[3]);
  }

  public static Digest sha256(byte[] data) {
    return sha256(data, 0, data.length);
  }

  public static Digest sha256(byte[] data, int offset, int length) {
    MessageDigest sha = sha256();
    sha.update(data, offset, length);
    return of(sha.digest());
  }

  /** A fresh SHA-256; the JDK's own, which uses the processor's instructions. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }

  /** Writes 32 bytes at the buffer's position, which moves on. */
  public void write(ByteBuffer buffer) {
    buffer.put(bytes());
  }

  /** A fresh array of 32 bytes. */
  public byte[] bytes() {
    return ByteBuffer.allocate(BYTES).putLong(w0).putLong(w1).putLong(w2).putLong(w3).array();
  }

  public String hex() {
    return HexFormat.of().formatHex(bytes());
  }

  @Override
  public int compareTo(Digest other) {
    int order = Long.compareUnsigned(w0, other.w0);
    if (order == 0) {
      order = Long.compareUnsigned(w1, other.w1);
    }
    if (order == 0) {
      order = Long.compareUnsigned(w2, other.w2);
    }
    return order == 0 ? Long.compareUnsigned(w3, other.w3) : order;
  }

  @Override
  public String toString() {
    return hex();
  }
}
