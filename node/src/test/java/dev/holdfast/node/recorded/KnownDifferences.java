package dev.holdfast.node.recorded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A reviewed list such as {@code rest-differences.txt}: lines {@code CALL | DIFFERENCE | REASON},
 * the first two as regular expressions. Remembers which lines were needed.
 */
final class KnownDifferences {
  private record Line(Pattern call, Pattern fact, String text) {}

  private final List<Line> lines = new ArrayList<>();
  private final Set<String> needed = new LinkedHashSet<>();

  /** A resource of the tests. */
  KnownDifferences(String resource) throws IOException {
    try (InputStream in = KnownDifferences.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no " + resource);
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
        String[] parts = line.split(" \\| ", 3);
        if (parts.length != 3) {
          throw new IllegalStateException("expected CALL | DIFFERENCE | REASON: " + line);
        }
        lines.add(
            new Line(Pattern.compile(parts[0].strip()), Pattern.compile(parts[1].strip()), line));
      }
    }
  }

  /** Whether a line covers it; all lines that do are needed. */
  boolean covers(String call, String fact) {
    boolean covered = false;
    for (Line line : lines) {
      if (line.call().matcher(call).matches() && line.fact().matcher(fact).matches()) {
        needed.add(line.text());
        covered = true;
      }
    }
    return covered;
  }

  int count() {
    return lines.size();
  }

  /** Lines whose difference did not occur. */
  List<String> notNeeded() {
    return lines.stream().map(Line::text).filter(text -> !needed.contains(text)).toList();
  }
}
