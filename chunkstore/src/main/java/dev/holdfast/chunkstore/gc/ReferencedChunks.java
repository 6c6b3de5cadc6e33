package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The digests that indexes name, ten million of them in 160 MB: per prefix directory a small open
 * hash table of the 64 bits that follow the prefix. Two digests that agree in these 80 bits count
 * as one, so that garbage may stay, and nothing that is named can be missed.
 *
 * <p>Any number of threads may add; reading begins when all have.
 */
final class ReferencedChunks {
  private static final int FIRST_SLOTS = 8;
  // Grown by half, so that tables are never emptier than a half: all are as full as each other.
  private static final double LOAD_MAX = 0.8;

  private final AtomicReferenceArray<@Nullable Bucket> buckets =
      new AtomicReferenceArray<>(ChunkStore.PREFIX_COUNT);
  // Who chooses digests (of encrypted chunks nobody can check them) must not choose slots.
  private final long salt;

  /**
   * @param salt any number that clients cannot know
   */
  ReferencedChunks(long salt) {
    this.salt = salt | 1;
  }

  void add(long w0, long w1) {
    Bucket bucket = bucket((int) (w0 >>> 48));
    synchronized (bucket) {
      bucket.add(word(w0, w1), salt);
    }
  }

  private Bucket bucket(int prefix) {
    Bucket bucket = buckets.get(prefix);
    if (bucket != null) {
      return bucket;
    }
    Bucket made = new Bucket();
    Bucket other = buckets.compareAndExchange(prefix, null, made);
    return other == null ? made : other;
  }

  /** Those of one prefix. */
  Found of(int prefix) {
    Bucket bucket = buckets.get(prefix);
    return new Found(bucket == null ? new Bucket() : bucket, salt);
  }

  int count(int prefix) {
    Bucket bucket = buckets.get(prefix);
    return bucket == null ? 0 : bucket.count;
  }

  long count() {
    return IntStream.range(0, ChunkStore.PREFIX_COUNT).mapToLong(this::count).sum();
  }

  /** What stands for a digest below its prefix; 0 means an empty slot, so it is none. */
  static long word(long w0, long w1) {
    long word = (w0 << 16) | (w1 >>> 48);
    return word == 0 ? 1 : word;
  }

  private static final class Bucket {
    long[] slots = new long[0];
    int count;

    void add(long word, long salt) {
      if (count + 1 > slots.length * LOAD_MAX) {
        grow(salt);
      }
      int slot = slot(slots, word, salt);
      if (slots[slot] == 0) {
        slots[slot] = word;
        count++;
      }
    }

    private void grow(long salt) {
      long[] larger = new long[Math.max(FIRST_SLOTS, slots.length + slots.length / 2)];
      for (long word : slots) {
        if (word != 0) {
          larger[slot(larger, word, salt)] = word;
        }
      }
      slots = larger;
    }

    /** Where the word is, or the empty slot where it belongs. */
    static int slot(long[] slots, long word, long salt) {
      int slot = (int) ((((word * salt) >>> 32) * slots.length) >>> 32);
      while (slots[slot] != 0 && slots[slot] != word) {
        slot = slot + 1 == slots.length ? 0 : slot + 1;
      }
      return slot;
    }
  }

  /** The references of one prefix, and which of them have been found as files. For one thread. */
  static final class Found {
    private final long[] slots;
    private final int count;
    private final long salt;
    private final boolean[] found;
    private int foundCount;

    private Found(Bucket bucket, long salt) {
      this.slots = bucket.slots;
      this.count = bucket.count;
      this.salt = salt;
      this.found = new boolean[slots.length];
    }

    boolean names(long word) {
      return slots.length > 0 && slots[Bucket.slot(slots, word, salt)] == word;
    }

    /** Whether it is named; remembers that it is there. */
    boolean find(long word) {
      if (!names(word)) {
        return false;
      }
      int slot = Bucket.slot(slots, word, salt);
      if (!found[slot]) {
        found[slot] = true;
        foundCount++;
      }
      return true;
    }

    boolean isFound(long word) {
      return names(word) && found[Bucket.slot(slots, word, salt)];
    }

    int missingCount() {
      return count - foundCount;
    }
  }
}
