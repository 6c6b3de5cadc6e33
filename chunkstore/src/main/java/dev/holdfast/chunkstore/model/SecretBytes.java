package dev.holdfast.chunkstore.model;

import java.security.MessageDigest;

/** Key material. Like {@link Secret}, its text form is a placeholder. */
public final class SecretBytes {
  private final byte[] value;

  /** Keeps a copy. */
  public SecretBytes(byte[] value) {
    this.value = value.clone();
  }

  /** A copy of the secret itself: only for a cipher, a hash or a key file. */
  public byte[] reveal() {
    return value.clone();
  }

  public int length() {
    return value.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretBytes that && MessageDigest.isEqual(value, that.value);
  }

  /** Tells the length and no more: not even bits of a key go into a hash that may be printed. */
  @Override
  public int hashCode() {
    return value.length;
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
