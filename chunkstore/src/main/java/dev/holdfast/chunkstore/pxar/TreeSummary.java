package dev.holdfast.chunkstore.pxar;

/**
 * What a walk over a tree met.
 *
 * @param files regular files, further hard links not counted
 * @param others links, devices, fifos, sockets and further hard links
 * @param contentBytes of regular files
 */
public record TreeSummary(
    long files, long directories, long others, long contentBytes, long warnings) {
  public long entries() {
    return files + directories + others;
  }
}
