package dev.holdfast.chunkstore.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * A password or token secret. Its text form is a placeholder, so that no log, error or record shows
 * it.
 */
public final class Secret {
  private final String value;

  public Secret(String value) {
    this.value = value;
  }

  /** The secret itself: only to be sent or hashed. */
  public String reveal() {
    return value;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Secret that
        && MessageDigest.isEqual(
            value.getBytes(StandardCharsets.UTF_8), that.value.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
