package dev.holdfast.chunkstore.pxar;

/**
 * Hears of a tree being saved or restored, on the thread that does it. What a method throws ends
 * the work: throw a CANCELLED to stop it.
 */
public interface TreeListener {
  TreeListener NONE = new TreeListener() {};

  /** Entries done and bytes of file content moved, both since the start; at least once per MiB. */
  default void progress(long entries, long contentBytes) {}

  /** Something that could not be saved or set; names the file. The work goes on. */
  default void warning(String text) {}
}
