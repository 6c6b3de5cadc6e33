package dev.holdfast.meshconfig;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/** Collects what is wrong in one document, so that one run shows everything. */
final class Problems {
  /** More than a person mends in one go; a binary file given by mistake stops here. */
  static final int COUNT_MAX = 100;

  private final String file;
  private final List<Problem> list = new ArrayList<>();

  Problems(String file) {
    this.file = file;
  }

  void add(Origin at, String path, String found, String expected, String hint) {
    if (list.size() < COUNT_MAX) {
      list.add(new Problem(at, path, found, expected, hint));
    }
  }

  /** Marks count from 0, people from 1. */
  Origin origin(Optional<Mark> mark) {
    return mark.map(m -> new Origin(file, m.getLine() + 1, m.getColumn() + 1))
        .orElseGet(() -> new Origin(file, 1, 1));
  }

  String file() {
    return file;
  }

  boolean isEmpty() {
    return list.isEmpty();
  }

  /** In the order of the file. */
  List<Problem> sorted() {
    return list.stream()
        .sorted(
            Comparator.comparingInt((Problem p) -> p.at().line())
                .thenComparingInt(p -> p.at().column()))
        .toList();
  }
}
