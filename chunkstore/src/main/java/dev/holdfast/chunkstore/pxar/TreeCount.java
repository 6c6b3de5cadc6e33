package dev.holdfast.chunkstore.pxar;

/** Counts while a tree is walked, and tells the listener. */
final class TreeCount {
  private final TreeListener listener;
  private long files;
  private long directories;
  private long others;
  private long contentBytes;
  private long warnings;

  TreeCount(TreeListener listener) {
    this.listener = listener;
  }

  void file(long bytes) {
    files++;
    contentBytes += bytes;
    tell();
  }

  void directory() {
    directories++;
    tell();
  }

  void other() {
    others++;
    tell();
  }

  void warn(String text) {
    warnings++;
    listener.warning(text);
  }

  private void tell() {
    listener.progress(files + directories + others, contentBytes);
  }

  TreeSummary done() {
    return new TreeSummary(files, directories, others, contentBytes, warnings);
  }
}
