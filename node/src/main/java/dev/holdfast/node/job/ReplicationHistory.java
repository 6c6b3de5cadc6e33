package dev.holdfast.node.job;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * How long snapshots took from {@code finish} at their origin until they were restorable at the
 * target, as far as this node saw it since its start. Bounded: the newest {@link #ENTRIES_MAX}.
 */
public final class ReplicationHistory {
  /** About a day of a central node with a thousand groups backed up hourly would be 24,000. */
  static final int ENTRIES_MAX = 10_000;

  /** Where a snapshot was finished, before it came anywhere else. */
  record Origin(String site, DatastoreName store, Namespace namespace, SnapshotId snapshot) {}

  /**
   * One snapshot that became restorable at a target.
   *
   * @param job the sync that moved it
   * @param store and namespace, at the target
   * @param finishedAtMillis by the origin's clock; empty when its event was missed
   * @param restorableAtMillis by this node's clock
   * @param transferMillis from the first request for it to the last
   * @param bytes that crossed
   */
  public record Entry(
      String job,
      DatastoreName store,
      Namespace namespace,
      SnapshotId snapshot,
      Reason reason,
      OptionalLong finishedAtMillis,
      long restorableAtMillis,
      long transferMillis,
      long bytes) {

    /** Never negative, though clocks of two sites may differ. */
    public OptionalLong lagMillis() {
      return finishedAtMillis.isPresent()
          ? OptionalLong.of(Math.max(0, restorableAtMillis - finishedAtMillis.getAsLong()))
          : OptionalLong.empty();
    }
  }

  private final Deque<Entry> entries = new ArrayDeque<>();
  private final Map<Origin, Long> finishedAt =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Origin, Long> eldest) {
          return size() > ENTRIES_MAX;
        }
      };

  /** An event told it. */
  synchronized void finished(Origin origin, long atMillis) {
    finishedAt.put(origin, atMillis);
  }

  synchronized OptionalLong finishedAt(Origin origin) {
    Long at = finishedAt.get(origin);
    return at == null ? OptionalLong.empty() : OptionalLong.of(at);
  }

  synchronized void add(Entry entry) {
    if (entries.size() == ENTRIES_MAX) {
      entries.removeFirst();
    }
    entries.addLast(entry);
  }

  /** Oldest first. */
  public synchronized List<Entry> entries(Predicate<Entry> wanted) {
    List<Entry> found = new ArrayList<>(entries);
    found.removeIf(wanted.negate());
    return List.copyOf(found);
  }
}
