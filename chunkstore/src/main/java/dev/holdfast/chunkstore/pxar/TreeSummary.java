package dev.holdfast.chunkstore.pxar;

/**
 * What was saved or restored.
 *
 * @param files regular files, further hard links not counted
 * @param directories with the root
 * @param others symbolic links, devices, fifos, sockets and further hard links
 * @param contentBytes of regular files
 * @param warnings how often the listener was warned
 */
public record TreeSummary(
    long files, long directories, long others, long contentBytes, long warnings) {
  public long entries() {
    return files + directories + others;
  }
}
