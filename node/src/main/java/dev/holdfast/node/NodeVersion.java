package dev.holdfast.node;

/** The version of this program, as its jar says. */
public final class NodeVersion {
  private NodeVersion() {}

  /** {@code development} when it runs from classes and not from a jar. */
  public static String text() {
    String version = NodeVersion.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
