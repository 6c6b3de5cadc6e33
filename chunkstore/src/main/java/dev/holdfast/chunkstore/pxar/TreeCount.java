package dev.holdfast.chunkstore.pxar;

import java.util.HashSet;
import java.util.Set;

/** Counts for {@link TreeSummary} as the work goes on, and tells the listener. */
final class TreeCount {
  private static final long REPORT_BYTES = 1 << 20;

  private final TreeListener listener;
  private final Set<String> warnedOnce = new HashSet<>();
  private long files;
  private long directories;
  private long others;
  private long bytes;
  private long warnings;
  private long reportedBytes;

  TreeCount(TreeListener listener) {
    this.listener = listener;
  }

  void file() {
    files++;
    report();
  }

  void directory() {
    directories++;
    report();
  }

  void other() {
    others++;
    report();
  }

  void bytes(long more) {
    bytes += more;
    if (bytes - reportedBytes >= REPORT_BYTES) {
      report();
    }
  }

  void warn(String text) {
    warnings++;
    listener.warning(text);
  }

  /** For what would be said of every file: the texts are the program's own, so the set is small. */
  void warnOnce(String text) {
    if (warnedOnce.add(text)) {
      warn(text);
    }
  }

  TreeSummary summary() {
    return new TreeSummary(files, directories, others, bytes, warnings);
  }

  private void report() {
    reportedBytes = bytes;
    listener.progress(files + directories + others, bytes);
  }
}
