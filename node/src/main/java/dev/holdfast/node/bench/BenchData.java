package dev.holdfast.node.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * Files of mixed compressibility, the same at every run: every second MiB is random, which nothing
 * compresses, the others are made of words, which zstd brings to about a third.
 */
final class BenchData {
  static final long SEED = 20_260_101;

  private static final int PIECE_BYTES = 1 << 20;
  private static final int WORDS = 4096;
  private static final int WORD_BYTES_MIN = 2;
  private static final int WORD_BYTES_MAX = 10;

  private BenchData() {}

  static void write(Path file, int mebibytes) throws IOException {
    Random random = new Random(SEED);
    byte[][] words = words(random);
    byte[] piece = new byte[PIECE_BYTES];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int i = 0; i < mebibytes; i++) {
        if (i % 2 == 0) {
          random.nextBytes(piece);
        } else {
          text(piece, words, random);
        }
        out.write(piece);
      }
    }
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

  /** Few words are frequent, most are rare, as in a language. */
  private static void text(byte[] piece, byte[][] words, Random random) {
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
