package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.model.Digest;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Many digests in little memory, ten million of them in 160 MB: per prefix a small open hash table
 * of the 64 bits that follow the 16 of the prefix. Two digests that agree in these 80 bits count as
 * one, so it is for uses in which a digest too many does no harm.
 *
 * <p>Any number of threads may add and ask; {@link #of} is for when all have added.
 */
public final class DigestSet {
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
  public DigestSet(long salt) {
    this.salt = salt | 1;
  }

  /** Adds the digest that begins with these words; false when it is in already. */
  public boolean add(long w0, long w1) {
    Bucket bucket = bucket((int) (w0 >>> 48));
    synchronized (bucket) {
      return bucket.add(word(w0, w1), salt);
    }
  }

  public boolean add(Digest digest) {
    return add(digest.w0(), digest.w1());
  }

  public boolean contains(Digest digest) {
    Bucket bucket = buckets.get((int) (digest.w0() >>> 48));
    if (bucket == null) {
      return false;
    }
    synchronized (bucket) {
      return bucket.contains(word(digest.w0(), digest.w1()), salt);
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
  public Found of(int prefix) {
    Bucket bucket = buckets.get(prefix);
    return new Found(bucket == null ? new Bucket() : bucket, salt);
  }

  public int count(int prefix) {
    Bucket bucket = buckets.get(prefix);
    return bucket == null ? 0 : bucket.count;
  }

  public long count() {
    return IntStream.range(0, ChunkStore.PREFIX_COUNT).mapToLong(this::count).sum();
  }

  /** What stands for a digest below its prefix; 0 means an empty slot, so it is none. */
  private static long word(long w0, long w1) {
    long word = (w0 << 16) | (w1 >>> 48);
    return word == 0 ? 1 : word;
  }

  private static final class Bucket {
    long[] slots = new long[0];
    int count;

    boolean contains(long word, long salt) {
      return slots.length > 0 && slots[slot(slots, word, salt)] == word;
    }

    boolean add(long word, long salt) {
      if (count + 1 > slots.length * LOAD_MAX) {
        grow(salt);
      }
      int slot = slot(slots, word, salt);
      if (slots[slot] == 0) {
        slots[slot] = word;
        count++;
        return true;
      }
      return false;
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

  /** The digests of one prefix, and which of them have been found. For one thread. */
  public static final class Found {
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

    public boolean contains(Digest digest) {
      return slotOf(digest) >= 0;
    }

    /** Whether it is in the set; remembers that it was found. */
    public boolean find(Digest digest) {
      int slot = slotOf(digest);
      if (slot >= 0 && !found[slot]) {
        found[slot] = true;
        foundCount++;
      }
      return slot >= 0;
    }

    public boolean isFound(Digest digest) {
      int slot = slotOf(digest);
      return slot >= 0 && found[slot];
    }

    private int slotOf(Digest digest) {
      if (slots.length == 0) {
        return -1;
      }
      long word = word(digest.w0(), digest.w1());
      int slot = Bucket.slot(slots, word, salt);
      return slots[slot] == word ? slot : -1;
    }

    /** In the set and not found. */
    public int missingCount() {
      return count - foundCount;
    }
  }
}
