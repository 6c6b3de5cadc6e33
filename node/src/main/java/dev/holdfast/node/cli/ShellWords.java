package dev.holdfast.node.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a command into words by a shell's quoting rules, without anything else that a shell does:
 * no variables, no patterns, no pipes.
 */
final class ShellWords {
  private ShellWords() {}

  /** Throws a usage error for a quote that is not closed. */
  static List<String> split(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at++);
      switch (c) {
        case ' ', '\t', '\n' -> {
          if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
          }
        }
        case '\'' -> {
          int end = text.indexOf('\'', at);
          if (end < 0) {
            throw unclosed(c);
          }
          word.append(text, at, end);
          at = end + 1;
          inWord = true;
        }
        case '"' -> {
          at = doubleQuoted(text, at, word);
          inWord = true;
        }
        case '\\' -> {
          if (at < text.length()) {
            word.append(text.charAt(at++));
          }
          inWord = true;
        }
        default -> {
          word.append(c);
          inWord = true;
        }
      }
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }

  /** Returns where it goes on after the closing quote. */
  private static int doubleQuoted(String text, int start, StringBuilder word) {
    int at = start;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '"') {
        return at;
      }
      boolean escapes = c == '\\' && at < text.length() && "\"\\$`".indexOf(text.charAt(at)) >= 0;
      word.append(escapes ? text.charAt(at++) : c);
    }
    throw unclosed('"');
  }

  private static UsageException unclosed(char quote) {
    return new UsageException("a quote " + quote + " is not closed", null);
  }
}
