package dev.holdfast.chunkstore.usage;

import dev.holdfast.chunkstore.model.Namespace;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Namespaces by number: the root is 0, each comes before those below it, and all below one follow
 * it without a gap.
 */
final class NamespaceTree {
  private final List<Namespace> all;
  private final int[] parents;

  /**
   * @param preOrder the root first
   */
  NamespaceTree(List<Namespace> preOrder) {
    this.all = List.copyOf(preOrder);
    this.parents = new int[all.size()];
    Map<Namespace, Integer> numbers = new HashMap<>();
    for (int i = 0; i < parents.length; i++) {
      numbers.put(all.get(i), i);
      Namespace parent = all.get(i).parent();
      parents[i] = parent == null ? 0 : numbers.getOrDefault(parent, 0);
    }
  }

  int size() {
    return parents.length;
  }

  Namespace get(int number) {
    return all.get(number);
  }

  /** The deepest that contains both. */
  int common(int a, int b) {
    // A parent has a smaller number, so the larger of two is never above the other.
    while (a != b) {
      if (a > b) {
        a = parents[a];
      } else {
        b = parents[b];
      }
    }
    return a;
  }

  /** Adds what belongs to each to all those above it. */
  void sumUp(AtomicLongArray values) {
    for (int i = parents.length - 1; i > 0; i--) {
      values.addAndGet(parents[i], values.get(i));
    }
  }
}
