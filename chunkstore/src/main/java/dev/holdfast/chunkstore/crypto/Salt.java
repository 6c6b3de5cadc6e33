package dev.holdfast.chunkstore.crypto;

import dev.holdfast.chunkstore.error.BackupException;
import java.security.SecureRandom;
import java.util.Arrays;

/** Makes equal passphrases give different keys. Not secret. */
public final class Salt {
  private static final int BYTES = 32;
  private static final int BYTES_MAX = 1024;

  private final byte[] bytes;

  /** Keeps a copy; other clients' salts may have any length. */
  public Salt(byte[] bytes) {
    if (bytes.length > BYTES_MAX) {
      throw BackupException.invalid(
          "salt of " + bytes.length + " bytes, expected at most " + BYTES_MAX);
    }
    this.bytes = bytes.clone();
  }

  /** A new one of 32 bytes. */
  static Salt generate(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return new Salt(bytes);
  }

  /** A copy. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Salt that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "salt of " + bytes.length + " bytes";
  }
}
