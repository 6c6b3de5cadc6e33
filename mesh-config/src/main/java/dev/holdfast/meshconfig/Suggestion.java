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

  /** Levenshtein's: insertions, deletions and replacements. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
