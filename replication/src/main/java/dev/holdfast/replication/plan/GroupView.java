package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.AuthId;
import java.util.Collection;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A group as one side lists it.
 *
 * @param snapshots by time, unfinished ones too
 * @param removedHere times that this side removed by a rule of its own (prune, forget) and does not
 *     want back; without it a sync that fills gaps and a prune would undo each other for ever
 */
public record GroupView(
    AuthId owner, NavigableMap<Long, SnapshotView> snapshots, NavigableSet<Long> removedHere) {

  public GroupView {
    snapshots = Collections.unmodifiableNavigableMap(new TreeMap<>(snapshots));
    removedHere = Collections.unmodifiableNavigableSet(new TreeSet<>(removedHere));
  }

  public GroupView(AuthId owner, NavigableMap<Long, SnapshotView> snapshots) {
    this(owner, snapshots, Collections.emptyNavigableSet());
  }

  public static GroupView of(AuthId owner, Collection<SnapshotView> snapshots) {
    NavigableMap<Long, SnapshotView> byTime = new TreeMap<>();
    snapshots.forEach(s -> byTime.put(s.time(), s));
    return new GroupView(owner, byTime);
  }

  Optional<SnapshotView> newestFinished() {
    return snapshots.descendingMap().values().stream().filter(SnapshotView::finished).findFirst();
  }
}
