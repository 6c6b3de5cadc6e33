package dev.holdfast.chunkstore.usage;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.model.Digest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of some prefixes, their sizes and by which namespaces they are needed, in 20 bytes for
 * each. Of a digest it keeps the 64 bits after its prefix, so of two chunks that agree in 80 bits
 * one is forgotten.
 *
 * <p>Any number of threads; namespaces come in the order of their numbers.
 */
final class ChunkTable {
  private static final int NOBODY = -1;

  private final AtomicReferenceArray<@Nullable Prefix> prefixes =
      new AtomicReferenceArray<>(ChunkStore.PREFIX_COUNT);
  private final AtomicInteger count = new AtomicInteger();

  /** Told of what namespaces need. */
  interface Listener {
    /** The first namespace that needs a chunk. */
    void needed(int namespace, int bytes);

    /**
     * A further one.
     *
     * @param before the last one that did
     */
    void neededToo(int before, int namespace, int bytes);
  }

  /** Told of each chunk that anybody needs. */
  interface Visitor {
    void chunk(int firstNamespace, int lastNamespace, int bytes);
  }

  /** A chunk on disk. */
  record Chunk(long word, int bytes) {
    Chunk(Digest digest, long bytes) {
      this(wordOf(digest.w0(), digest.w1()), (int) Math.min(bytes, Integer.MAX_VALUE));
    }
  }

  private static final class Prefix {
    final long[] words;
    final int[] bytes;
    final int[] first;
    final int[] last;

    Prefix(List<Chunk> sorted) {
      words = sorted.stream().mapToLong(Chunk::word).toArray();
      bytes = sorted.stream().mapToInt(Chunk::bytes).toArray();
      first = new int[words.length];
      last = new int[words.length];
      Arrays.fill(last, NOBODY);
    }
  }

  private static long wordOf(long w0, long w1) {
    return (w0 << 16) | (w1 >>> 48);
  }

  int count() {
    return count.get();
  }

  void add(int prefix, List<Chunk> chunks) {
    List<Chunk> sorted = new ArrayList<>(chunks);
    sorted.sort(Comparator.comparingLong(Chunk::word));
    prefixes.set(prefix, new Prefix(sorted));
    count.addAndGet(sorted.size());
  }

  /** A namespace needs the chunk of a digest; nothing happens when it is not in the table. */
  void need(int namespace, long w0, long w1, Listener listener) {
    Prefix prefix = prefixes.get((int) (w0 >>> 48));
    if (prefix == null) {
      return;
    }
    int at = Arrays.binarySearch(prefix.words, wordOf(w0, w1));
    if (at < 0) {
      return;
    }
    synchronized (prefix) {
      int before = prefix.last[at];
      if (before == namespace) {
        return;
      }
      prefix.last[at] = namespace;
      if (before == NOBODY) {
        prefix.first[at] = namespace;
        listener.needed(namespace, prefix.bytes[at]);
      } else {
        listener.neededToo(before, namespace, prefix.bytes[at]);
      }
    }
  }

  /** When nobody adds any more. */
  void forEach(Visitor visitor) {
    for (int i = 0; i < ChunkStore.PREFIX_COUNT; i++) {
      Prefix prefix = prefixes.get(i);
      for (int at = 0; prefix != null && at < prefix.words.length; at++) {
        if (prefix.last[at] != NOBODY) {
          visitor.chunk(prefix.first[at], prefix.last[at], prefix.bytes[at]);
        }
      }
    }
  }
}
