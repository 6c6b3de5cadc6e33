package dev.holdfast.node.access;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Counts failed logins per address and user, for the log and for whoever watches it. Each is
 * answered late anyway, so the count refuses nobody. Any thread.
 */
public final class FailedLogins {
  /** An attacker with many addresses must not fill the heap; the oldest pair is forgotten. */
  private static final int PAIRS_MAX = 10_000;

  private record Pair(String address, String user) {}

  private final Map<Pair, Integer> counts =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pair, Integer> eldest) {
          return size() > PAIRS_MAX;
        }
      };

  /** Returns how many there were in a row, this one included. */
  public synchronized int failed(String address, String user) {
    return counts.merge(new Pair(address, user), 1, Integer::sum);
  }

  public synchronized void succeeded(String address, String user) {
    counts.remove(new Pair(address, user));
  }

  public synchronized int count(String address, String user) {
    return counts.getOrDefault(new Pair(address, user), 0);
  }
}
