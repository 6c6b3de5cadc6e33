package dev.holdfast.chunkstore.pxar;

/**
 * Hears how far a walk over a tree is, and what it could not save or set. Called on the walking
 * thread.
 */
public interface TreeListener {
  TreeListener NONE = new TreeListener() {};

  /** After each entry: totals so far. */
  default void progress(long entries, long contentBytes) {}

  /** One sentence that names the file. The walk goes on. */
  default void warning(String text) {}
}
