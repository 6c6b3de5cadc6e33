package dev.holdfast.chunkstore.testing;

import java.security.SecureRandom;
import java.util.Random;

/** Randomness for tests that must come out the same again. */
public final class FixedRandom extends SecureRandom {
  private static final long serialVersionUID = 1L;

  private final Random source;
  private final boolean zeros;

  private FixedRandom(long seed, boolean zeros) {
    this.source = new Random(seed);
    this.zeros = zeros;
  }

  public static FixedRandom of(long seed) {
    return new FixedRandom(seed, false);
  }

  /** For vectors that were made with an IV of zeros. */
  public static FixedRandom zeros() {
    return new FixedRandom(0, true);
  }

  @Override
  public void nextBytes(byte[] bytes) {
    if (!zeros) {
      source.nextBytes(bytes);
    }
  }
}
