package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.work.Workers;
import java.util.Arrays;

/**
 * The references that were read last, in their order. An archive mostly names the same chunks in
 * the same order as the one of the snapshot before: who walks along that order knows of each
 * reference that it is in the set, without a look at some far place in memory.
 *
 * <p>What does not follow is looked for on the whole trail, where it leads on from, and only then
 * added to the set. Nothing is on the trail that is not in the set. For one thread.
 */
final class Trail implements Workers.Tool {
  /** Two TiB in chunks of 4 MiB. A snapshot that has more finds nothing of the one before. */
  static final int REFERENCES_MAX = 1 << 19;

  private static final int REFERENCES_FIRST = 1 << 12;

  private final DigestSet referenced;
  private final int referencesMax;

  /** Two words of each reference, the oldest overwritten first. */
  private long[] words = new long[2 * REFERENCES_FIRST];

  /** Where a reference was put last, by some bits of it, which it may share with others. */
  private int[] places = new int[REFERENCES_FIRST];

  /** Places below have a reference; all, once the trail is full. */
  private int filled;

  private int end;

  /** Where the next reference is expected. */
  private int ahead;

  Trail(DigestSet referenced) {
    this(referenced, REFERENCES_MAX);
  }

  /**
   * @param referencesMax a power of two
   */
  Trail(DigestSet referenced, int referencesMax) {
    this.referenced = referenced;
    this.referencesMax = referencesMax;
  }

  /** Puts the digest that begins with these words into the set, and on the trail. */
  void add(long w0, long w1) {
    if (!isAt(ahead, w0, w1)) {
      int place = places[(int) w1 & (places.length - 1)];
      if (isAt(place, w0, w1)) {
        ahead = place;
      } else {
        var unused = referenced.add(w0, w1);
      }
    }
    ahead = after(ahead);
    append(w0, w1);
  }

  // A place without a reference looks like one of the digest that begins with zeros.
  private boolean isAt(int place, long w0, long w1) {
    return place < filled && words[2 * place] == w0 && words[2 * place + 1] == w1;
  }

  private int after(int place) {
    return place + 1 == places.length ? 0 : place + 1;
  }

  private void append(long w0, long w1) {
    if (filled == places.length && filled < referencesMax) {
      grow();
    }
    words[2 * end] = w0;
    words[2 * end + 1] = w1;
    places[(int) w1 & (places.length - 1)] = end;
    filled = Math.max(filled, end + 1);
    end = after(end);
  }

  private void grow() {
    words = Arrays.copyOf(words, 2 * words.length);
    places = new int[2 * places.length];
    for (int place = 0; place < filled; place++) {
      places[(int) words[2 * place + 1] & (places.length - 1)] = place;
    }
    end = filled;
  }

  @Override
  public void close() {
    // nothing but memory
  }
}
