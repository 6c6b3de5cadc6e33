package dev.holdfast.chunkstore.pxar;

import java.io.IOException;

/** Takes the entries of an archive in its order, as {@link PxarReader#next} gives them. */
@FunctionalInterface
public interface PxarEntrySink {
  PxarEntrySink NONE = entry -> {};

  void entry(PxarEntry entry) throws IOException;
}
