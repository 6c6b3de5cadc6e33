package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the patterns of a backup and the exclude files from its root to the current directory leave
 * out (spec/formats.md §6.9). The last pattern that matches decides; those of deeper directories
 * come later.
 */
final class ExcludeFiles {
  /** Read before the other entries of its directory, and saved like any file. */
  static final Bytes NAME = Bytes.of(".pxarexclude");

  /** A longer one is not read. */
  static final int BYTES_MAX = 1 << 20;

  /** The innermost first. */
  private final Deque<Level> levels = new ArrayDeque<>();

  /** Names from the root to the current directory. */
  private final List<Bytes> directories = new ArrayList<>();

  private record Level(int depth, ExcludePatterns patterns) {}

  /**
   * @param ofBackup come before those of all files, and count from the root
   */
  ExcludeFiles(ExcludePatterns ofBackup) {
    if (!ofBackup.isEmpty()) {
      levels.push(new Level(0, ofBackup));
    }
  }

  /**
   * The file of the current directory, which counts from here until the directory is left.
   *
   * @param refused hears of lines that are no patterns; the others hold
   */
  void add(Bytes file, Consumer<String> refused) {
    List<String> patterns = new ArrayList<>();
    for (Bytes line : lines(file)) {
      String text = line.utf8();
      if (text == null) {
        refused.accept("'" + line + "' is not UTF-8");
      } else if (isPattern(text.strip())) {
        try {
          ExcludePatterns unused = ExcludePatterns.parse(List.of(text));
          patterns.add(text);
        } catch (BackupException e) {
          refused.accept(e.text());
        }
      }
    }
    if (patterns.size() > ExcludePatterns.COUNT_MAX) {
      refused.accept("it has " + patterns.size() + " patterns, no more than the first count");
      patterns = patterns.subList(0, ExcludePatterns.COUNT_MAX);
    }
    levels.push(new Level(directories.size(), ExcludePatterns.parse(patterns)));
  }

  private static boolean isPattern(String line) {
    return !line.isEmpty() && !line.startsWith("#");
  }

  private static List<Bytes> lines(Bytes file) {
    List<Bytes> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= file.length(); i++) {
      if (i == file.length() || file.at(i) == '\n') {
        lines.add(file.slice(start, i));
        start = i + 1;
      }
    }
    return lines;
  }

  void enter(Bytes directory) {
    directories.add(directory);
  }

  void leave() {
    Level innermost = levels.peek();
    if (innermost != null && innermost.depth == directories.size()) {
      levels.pop();
    }
    directories.removeLast();
  }

  /** Whether an entry of the current directory is to be left out. */
  boolean leaveOut(Bytes name, boolean isDirectory) {
    for (Level level : levels) {
      Bytes path = Bytes.EMPTY;
      for (Bytes directory : directories.subList(level.depth, directories.size())) {
        path = path.resolve(directory);
      }
      switch (level.patterns.verdict(path.resolve(name), isDirectory)) {
        case EXCLUDED -> {
          return true;
        }
        case INCLUDED -> {
          return false;
        }
        case UNNAMED -> {} // an outer level decides
      }
    }
    return false;
  }
}
