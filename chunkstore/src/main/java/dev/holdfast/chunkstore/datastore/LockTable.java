package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Who uses which group and snapshot within this process; other processes are kept out by {@link
 * ProcessLock}. Nothing waits here: a busy object is an answer. Locks are taken in the order group,
 * snapshot (spec/engine.md §1.2).
 */
final class LockTable {
  sealed interface Key {}

  record GroupKey(Namespace namespace, GroupId group) implements Key {}

  record SnapshotKey(Namespace namespace, SnapshotId snapshot) implements Key {}

  record CollectionKey() implements Key {}

  record MoveKey(String journal) implements Key {}

  /** How an object is held. */
  enum Mode {
    /** Readers, verification, the base of a running backup. */
    SHARED,
    /** Deletion, a second look at an existing snapshot: what is listed stays listed. */
    EXCLUSIVE,
    /** A new snapshot is written: it is not to be listed as finished before this ends. */
    CREATING
  }

  private static final class Holders {
    final Mode mode;
    int count = 1;

    Holders(Mode mode) {
      this.mode = mode;
    }
  }

  private final Map<Key, Holders> held = new HashMap<>();

  /** Null when somebody holds it in a way that excludes this. */
  synchronized @Nullable Lease tryTake(Key key, Mode mode) {
    Holders now = held.get(key);
    if (now == null) {
      held.put(key, new Holders(mode));
    } else if (mode == Mode.SHARED && now.mode == Mode.SHARED) {
      now.count++;
    } else {
      return null;
    }
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      if (open.compareAndSet(true, false)) {
        release(key);
      }
    };
  }

  synchronized boolean isHeld(Key key) {
    return held.containsKey(key);
  }

  synchronized boolean isCreating(Namespace namespace, SnapshotId snapshot) {
    Holders now = held.get(new SnapshotKey(namespace, snapshot));
    return now != null && now.mode == Mode.CREATING;
  }

  private synchronized void release(Key key) {
    Holders now = held.get(key);
    if (now != null && --now.count == 0) {
      held.remove(key);
    }
  }
}
