package dev.holdfast.node.access;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What somebody was asked and has some time to answer, by a key that cannot be guessed. Strangers
 * may ask for many: the oldest are forgotten. Any thread.
 */
public final class ShortLived<V> {
  private record Held<V>(V value, Instant until) {}

  private final Duration lifetime;
  private final Map<String, Held<V>> held;

  /**
   * @param entriesMax kept at once
   */
  public ShortLived(Duration lifetime, int entriesMax) {
    this.lifetime = lifetime;
    this.held =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Held<V>> eldest) {
            return size() > entriesMax;
          }
        };
  }

  public synchronized void add(String key, V value, Instant now) {
    held.values().removeIf(old -> old.until().isBefore(now));
    held.put(key, new Held<>(value, now.plus(lifetime)));
  }

  /** Null when there is none such, or its time is over. */
  public synchronized @Nullable V find(String key, Instant now) {
    Held<V> found = held.get(key);
    return found == null || found.until().isBefore(now) ? null : found.value();
  }

  /** The same, and the next time it is null. */
  public synchronized @Nullable V take(String key, Instant now) {
    V found = find(key, now);
    held.remove(key);
    return found;
  }
}
