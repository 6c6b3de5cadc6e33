package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.work.Workers;
import java.util.Arrays;

/**
 * The references that were read last, in their order. An archive mostly names the same chunks in
 * the same order as the one of the snapshot before: who walks along that order knows of each
 * reference that it is in the set, without a look at some far place in memory.
 *
 * <p>What does not follow is added to the set. If it is a landmark, as one in some is, it is first
 * looked for on the whole trail, where it leads on from. Nothing is on the trail that is not in the
 * set. For one thread.
 */
final class Trail implements Workers.Tool {
  /** Two TiB in chunks of 4 MiB. A snapshot that has more finds nothing of the one before. */
  static final int REFERENCES_MAX = 1 << 19;

  private static final int REFERENCES_FIRST = 1 << 12;

  /**
   * Where all of them are would take more of the processor's cache than the order saves: noting it
   * for each took longer than hashing the index.
   */
  private static final int LANDMARK_ONE_IN = 8;

  private final DigestSet referenced;
  private final int referencesMax;

  /** Two words of each reference, the oldest overwritten first. */
  private long[] words = new long[2 * REFERENCES_FIRST];

  /** Where a landmark was put last, by some bits of it, which it may share with others. */
  private int[] landmarks = new int[2 * REFERENCES_FIRST / LANDMARK_ONE_IN];

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
      int place = isLandmark(w1) ? landmarks[landmark(w1)] : ahead;
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

  private static boolean isLandmark(long w1) {
    return w1 % LANDMARK_ONE_IN == 0;
  }

  private int landmark(long w1) {
    return (int) (w1 / LANDMARK_ONE_IN) & (landmarks.length - 1);
  }

  private int after(int place) {
    return 2 * (place + 1) == words.length ? 0 : place + 1;
  }

  private void append(long w0, long w1) {
    if (2 * filled == words.length && filled < referencesMax) {
      grow();
    }
    put(end, w0, w1);
    filled = Math.max(filled, end + 1);
    end = after(end);
  }

  private void put(int place, long w0, long w1) {
    words[2 * place] = w0;
    words[2 * place + 1] = w1;
    if (isLandmark(w1)) {
      landmarks[landmark(w1)] = place;
    }
  }

  private void grow() {
    words = Arrays.copyOf(words, 2 * words.length);
    landmarks = new int[2 * landmarks.length];
    for (int place = 0; place < filled; place++) {
      put(place, words[2 * place], words[2 * place + 1]);
    }
    end = filled;
  }

  @Override
  public void close() {
    // nothing but memory
  }
}
