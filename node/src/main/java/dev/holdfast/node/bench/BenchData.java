package dev.holdfast.node.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Data to back up, the same at every run of the same seed: noise, words and nothing. */
final class BenchData {
  static final long SEED = 20_260_101;

  private static final int PIECE_BYTES = 1 << 20;
  private static final int WORDS = 4096;
  private static final int WORD_BYTES_MIN = 2;
  private static final int WORD_BYTES_MAX = 10;

  private final Random random;
  private final byte[][] words;

  BenchData(long seed) {
    random = new Random(seed);
    words = words(random);
  }

  /**
   * A file of mixed compressibility: every second MiB is noise, the others are words.
   *
   * @param mebibytes its size
   */
  static void write(Path file, int mebibytes, long seed) throws IOException {
    BenchData data = new BenchData(seed);
    byte[] piece = new byte[PIECE_BYTES];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < mebibytes; i++) {
        if (i % 2 == 0) {
          data.noise(piece);
        } else {
          data.text(piece);
        }
        out.write(piece);
      }
    }
  }

  /** The source of all choices, so that they repeat with the seed. */
  Random random() {
    return random;
  }

  /** Fills it with what nothing compresses. */
  void noise(byte[] piece) {
    random.nextBytes(piece);
  }

  private static byte[][] words(Random random) {
    byte[][] words = new byte[WORDS][];
    for (int i = 0; i < WORDS; i++) {
      StringBuilder word = new StringBuilder();
      int length = random.nextInt(WORD_BYTES_MIN, WORD_BYTES_MAX + 1);
      for (int at = 0; at < length; at++) {
        word.append((char) ('a' + random.nextInt(26)));
      }
      words[i] = word.append(' ').toString().getBytes(StandardCharsets.US_ASCII);
    }
    return words;
  }

  /** Fills it with words, which zstd brings to about a third: few are frequent, most are rare. */
  void text(byte[] piece) {
    int at = 0;
    while (at < piece.length) {
      double rank = random.nextDouble();
      byte[] word = words[(int) (rank * rank * rank * WORDS)];
      int count = Math.min(word.length, piece.length - at);
      System.arraycopy(word, 0, piece, at, count);
      at += count;
    }
  }
}
