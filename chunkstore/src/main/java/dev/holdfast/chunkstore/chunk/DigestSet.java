package dev.holdfast.chunkstore.chunk;

import dev.holdfast.chunkstore.model.Digest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Many digests in little memory, ten million of them in 160 MB: per prefix a small open hash table
 * of the 64 bits that follow the 16 of the prefix. Two digests that agree in these 80 bits count as
 * one, so it is for uses in which a digest too many does no harm.
 *
 * <p>Any number of threads may add and ask; {@link #of} is for when all have added. Whoever asks
 * takes no lock, and adding what is in already is asking: a table loses nothing, so what is seen in
 * one, however old, is in the set.
 */
public final class DigestSet {
  private static final int FIRST_SLOTS = 8;
  // Grown by half, so that tables are never emptier than a half: all are as full as each other.
  private static final double LOAD_MAX = 0.8;
  // Far more than threads that can be adding.
  private static final int LOCK_STRIPES = 256;
  private static final long[] NO_SLOTS = new long[0];
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

  private final AtomicReferenceArray<long @Nullable []> tables =
      new AtomicReferenceArray<>(ChunkStore.PREFIX_COUNT);
  private final int[] counts = new int[ChunkStore.PREFIX_COUNT];
  private final Object[] locks = Stream.generate(Object::new).limit(LOCK_STRIPES).toArray();
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
    int prefix = prefix(w0);
    long word = word(w0, w1);
    return !isIn(table(prefix), word, salt) && addAlone(prefix, word);
  }

  public boolean add(Digest digest) {
    return add(digest.w0(), digest.w1());
  }

  public boolean contains(Digest digest) {
    return isIn(table(prefix(digest.w0())), word(digest.w0(), digest.w1()), salt);
  }

  private boolean addAlone(int prefix, long word) {
    synchronized (locks[prefix % LOCK_STRIPES]) {
      long[] table = table(prefix);
      if (isIn(table, word, salt)) {
        return false;
      }
      if (counts[prefix] + 1 > table.length * LOAD_MAX) {
        table = grown(table);
        tables.set(prefix, table);
      }
      SLOT.setOpaque(table, slot(table, word, salt), word);
      counts[prefix]++;
      return true;
    }
  }

  private long[] grown(long[] table) {
    long[] larger = new long[Math.max(FIRST_SLOTS, table.length + table.length / 2)];
    for (long word : table) {
      if (word != 0) {
        larger[slot(larger, word, salt)] = word;
      }
    }
    return larger;
  }

  private long[] table(int prefix) {
    long[] table = tables.get(prefix);
    return table == null ? NO_SLOTS : table;
  }

  /** Those of one prefix. */
  public Found of(int prefix) {
    return new Found(table(prefix), count(prefix), salt);
  }

  public int count(int prefix) {
    synchronized (locks[prefix % LOCK_STRIPES]) {
      return counts[prefix];
    }
  }

  public long count() {
    return IntStream.range(0, ChunkStore.PREFIX_COUNT).mapToLong(this::count).sum();
  }

  private static int prefix(long w0) {
    return (int) (w0 >>> 48);
  }

  /** What stands for a digest below its prefix; 0 means an empty slot, so it is none. */
  private static long word(long w0, long w1) {
    long word = (w0 << 16) | (w1 >>> 48);
    return word == 0 ? 1 : word;
  }

  private static boolean isIn(long[] table, long word, long salt) {
    return table.length > 0 && word(table, slot(table, word, salt)) == word;
  }

  /** Where the word is, or an empty slot where it belongs. */
  private static int slot(long[] table, long word, long salt) {
    int slot = (int) ((((word * salt) >>> 32) * table.length) >>> 32);
    while (true) {
      long found = word(table, slot);
      if (found == 0 || found == word) {
        return slot;
      }
      slot = slot + 1 == table.length ? 0 : slot + 1;
    }
  }

  /** Opaque, since others may be adding: a word is read whole or not at all. */
  private static long word(long[] table, int slot) {
    return (long) SLOT.getOpaque(table, slot);
  }

  /** The digests of one prefix, and which of them have been found. For one thread. */
  public static final class Found {
    private final long[] table;
    private final int count;
    private final long salt;
    private final boolean[] found;
    private int foundCount;

    private Found(long[] table, int count, long salt) {
      this.table = table;
      this.count = count;
      this.salt = salt;
      this.found = new boolean[table.length];
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
      if (table.length == 0) {
        return -1;
      }
      long word = word(digest.w0(), digest.w1());
      int slot = slot(table, word, salt);
      return word(table, slot) == word ? slot : -1;
    }

    /** In the set and not found. */
    public int missingCount() {
      return count - foundCount;
    }
  }
}
