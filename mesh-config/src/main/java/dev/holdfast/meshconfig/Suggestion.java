package dev.holdfast.meshconfig;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** "Did you mean": the nearest known word to a mistyped one. */
final class Suggestion {
  /** Words longer than this are not compared; no key of ours is near it. */
  private static final int WORD_LENGTH_MAX = 64;

  private Suggestion() {}

  /** {@code Did you mean 'x'?}, or empty when nothing is near. */
  static String didYouMean(String word, Collection<String> known) {
    return nearest(word, known).map(near -> "Did you mean '" + near + "'?").orElse("");
  }

  static Optional<String> nearest(String word, Collection<String> known) {
    if (word.length() > WORD_LENGTH_MAX) {
      return Optional.empty();
    }
    String plain = plain(word);
    int distanceMax = Math.max(1, plain.length() / 3);
    return known.stream()
        .filter(candidate -> distance(plain, plain(candidate)) <= distanceMax)
        .min(
            Comparator.comparingInt((String candidate) -> distance(plain, plain(candidate)))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** {@code maxDepth}, {@code max_depth} and {@code max-depth} are the same word. */
  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  /** Insertions, deletions, replacements and exchanges of two neighbours. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replace, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        boolean exchanged =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (exchanged) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
