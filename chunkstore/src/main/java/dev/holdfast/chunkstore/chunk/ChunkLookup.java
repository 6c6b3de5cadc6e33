package dev.holdfast.chunkstore.chunk;

/** What is stored under a digest, told by name and size alone. */
public sealed interface ChunkLookup {
  /** A file with content, which was not looked at. */
  record Present(int bytes) implements ChunkLookup {}

  record Missing() implements ChunkLookup {}

  /** A file without content, left by a power failure: as good as missing. */
  record Empty() implements ChunkLookup {}
}
