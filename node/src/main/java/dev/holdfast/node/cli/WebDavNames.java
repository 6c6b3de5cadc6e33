package dev.holdfast.node.cli;

/**
 * Names within the server: backslashes stay encoded there, because it would take them for slashes,
 * and percent signs with them, so that both come back as they were.
 */
final class WebDavNames {
  static final String BACKSLASHES = "passthrough";

  private WebDavNames() {}

  static String inServer(String name) {
    return name.replace("%", "%25").replace("\\", "%5C");
  }

  /** As clients write them, in either case. */
  static String inArchive(String path) {
    return path.replace("%5C", "\\").replace("%5c", "\\").replace("%25", "%");
  }
}
