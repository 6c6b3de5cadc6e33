package dev.holdfast.chunkstore.testing;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** What benches work on: the same in every run. */
public enum BenchData {
  /** Does not compress. */
  RANDOM {
    @Override
    void fill(byte[] target, Random random) {
      random.nextBytes(target);
    }
  },
  /** Lines of words and numbers, which compress to about a quarter. */
  TEXT {
    @Override
    void fill(byte[] target, Random random) {
      for (int at = 0, line = 0; at < target.length; line++) {
        String text =
            "%08d backup of host-%d took %d s%n".formatted(line, random.nextInt(50), line);
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        int count = Math.min(bytes.length, target.length - at);
        System.arraycopy(bytes, 0, target, at, count);
        at += count;
      }
    }
  };

  private static final long SEED = 20_261_125L;

  abstract void fill(byte[] target, Random random);

  public byte[] bytes(int count) {
    byte[] target = new byte[count];
    fill(target, new Random(SEED));
    return target;
  }
}
