package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.chunkstore.pxar.PxarEntry;
import dev.holdfast.chunkstore.pxar.PxarNode;
import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Walks two archives side by side, in the order of names, and tells what differs. */
final class TreeDiff {
  private static final int READ_BYTES = 1 << 20;

  /** What became of a name. */
  enum Kind {
    ADDED('+', "added"),
    REMOVED('-', "removed"),
    CHANGED('~', "changed");

    private final char sign;
    private final String word;

    Kind(char sign, String word) {
      this.sign = sign;
      this.word = word;
    }

    char sign() {
      return sign;
    }

    String word() {
      return word;
    }
  }

  /**
   * A name that differs.
   *
   * @param what is different of one that changed, else nothing
   */
  record Difference(Kind kind, Bytes path, List<String> what) {}

  /** Takes differences in the order of paths. */
  @FunctionalInterface
  interface Sink {
    void difference(Difference difference) throws IOException;
  }

  private final PxarAccessor before;
  private final PxarAccessor after;
  private final boolean contents;

  /**
   * @param contents read files whose size and time are the same
   */
  TreeDiff(PxarAccessor before, PxarAccessor after, boolean contents) {
    this.before = before;
    this.after = after;
    this.contents = contents;
  }

  void run(Sink sink) throws IOException {
    both(before.root(), after.root(), sink);
  }

  private void both(PxarNode old, PxarNode recent, Sink sink) throws IOException {
    List<String> what = changes(old, recent);
    if (!what.isEmpty()) {
      sink.difference(new Difference(Kind.CHANGED, recent.path(), what));
    }
    if (old.isDirectory() && recent.isDirectory()) {
      children(before.list(old), after.list(recent), sink);
    } else if (old.isDirectory()) {
      below(before, old, Kind.REMOVED, sink);
    } else if (recent.isDirectory()) {
      below(after, recent, Kind.ADDED, sink);
    }
  }

  private void children(List<PxarNode> olds, List<PxarNode> recents, Sink sink) throws IOException {
    int o = 0;
    int r = 0;
    while (o < olds.size() || r < recents.size()) {
      int order =
          o == olds.size()
              ? 1
              : r == recents.size() ? -1 : olds.get(o).name().compareTo(recents.get(r).name());
      if (order < 0) {
        all(before, olds.get(o++), Kind.REMOVED, sink);
      } else if (order > 0) {
        all(after, recents.get(r++), Kind.ADDED, sink);
      } else {
        both(olds.get(o++), recents.get(r++), sink);
      }
    }
  }

  private static void all(PxarAccessor archive, PxarNode node, Kind kind, Sink sink)
      throws IOException {
    sink.difference(new Difference(kind, node.path(), List.of()));
    if (node.isDirectory()) {
      below(archive, node, kind, sink);
    }
  }

  private static void below(PxarAccessor archive, PxarNode directory, Kind kind, Sink sink)
      throws IOException {
    for (PxarNode child : archive.list(directory)) {
      all(archive, child, kind, sink);
    }
  }

  private List<String> changes(PxarNode old, PxarNode recent) throws IOException {
    List<String> what = new ArrayList<>();
    Map<String, String> facts = EntryFacts.of(old.entry());
    Map<String, String> now = EntryFacts.of(recent.entry());
    now.forEach(
        (fact, value) -> {
          if (!value.equals(facts.remove(fact))) {
            what.add(fact);
          }
        });
    what.addAll(facts.keySet());
    boolean directories = old.isDirectory() && recent.isDirectory();
    // A directory's time follows from what changed in it, which is listed anyway.
    if (directories) {
      what.remove("modified");
    }
    boolean suspect = contents || what.contains("modified");
    if (old.entry() instanceof PxarEntry.RegularFile a
        && recent.entry() instanceof PxarEntry.RegularFile b
        && (a.bytes() != b.bytes() || (suspect && !sameContent(old, recent)))) {
      what.addFirst("content");
    }
    return what;
  }

  private boolean sameContent(PxarNode old, PxarNode recent) throws IOException {
    ByteSource a = before.content(old);
    ByteSource b = after.content(recent);
    byte[] mine = new byte[READ_BYTES];
    byte[] other = new byte[READ_BYTES];
    try (var left = a.stream(0);
        var right = b.stream(0)) {
      while (true) {
        int count = left.readNBytes(mine, 0, mine.length);
        int same = right.readNBytes(other, 0, other.length);
        if (count != same || !Arrays.equals(mine, 0, count, other, 0, count)) {
          return false;
        }
        if (count == 0) {
          return true;
        }
      }
    }
  }
}
