package dev.holdfast.chunkstore.pxar;

import dev.holdfast.chunkstore.pxar.posix.Bytes;
import java.util.Arrays;

/**
 * The regular files that a restore has created, by their position in the archive and a hash of
 * their path: 16 bytes per file. A hard link is followed only to one of them.
 */
final class CreatedFiles {
  private static final int FIRST_CAPACITY = 1024;

  // Positions grow with the archive, so the array stays sorted.
  private long[] positions = new long[FIRST_CAPACITY];
  private long[] pathHashes = new long[FIRST_CAPACITY];
  private int size;

  void add(long position, Bytes path) {
    if (size == positions.length) {
      positions = Arrays.copyOf(positions, size * 2);
      pathHashes = Arrays.copyOf(pathHashes, size * 2);
    }
    positions[size] = position;
    pathHashes[size] = SipHash24.hash(path);
    size++;
  }

  boolean contains(long position, Bytes path) {
    int index = Arrays.binarySearch(positions, 0, size, position);
    return index >= 0 && pathHashes[index] == SipHash24.hash(path);
  }
}
