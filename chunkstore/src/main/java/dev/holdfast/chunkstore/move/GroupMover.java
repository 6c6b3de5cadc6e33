package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Moves one group, oldest snapshot first; back, newest first. Whoever backs up into it, or holds
 * one of its snapshots, excludes this, and is excluded. At each moment every snapshot is whole in
 * one of the places (or, between two datastores, for a moment in both), so what is interrupted can
 * be done again.
 */
final class GroupMover {
  private final Datastore source;
  private final Datastore target;
  private final MoveWatcher watcher;
  private final SnapshotCopy copy;

  /**
   * What is asked of a move of a group.
   *
   * @param merge whether a group at the target may take the snapshots
   * @param inOrder whether what comes has to be newer than what is there
   * @param only the snapshots that go; null for all
   */
  record Terms(boolean merge, boolean inOrder, @Nullable Set<SnapshotId> only) {
    /**
     * In the order in which they go. What is stopped on the way there has newer ones here, and so
     * has what is stopped on the way back: it can go on in either direction.
     */
    List<SnapshotId> choose(List<SnapshotId> byTime) {
      List<SnapshotId> chosen =
          byTime.stream().filter(s -> only == null || only.contains(s)).toList();
      return inOrder ? chosen : chosen.reversed();
    }
  }

  GroupMover(Datastore source, Datastore target, MoveWatcher watcher) {
    this.source = source;
    this.target = target;
    this.watcher = watcher;
    this.copy = new SnapshotCopy(source, target, watcher);
  }

  /**
   * @param beforehand told the notes and the snapshots that are about to go
   * @return how many snapshots went
   * @throws BackupException LOCKED when somebody works in one of the groups; NOT_FOUND when the
   *     group has gone; INVALID_INPUT when the target has one that cannot take the snapshots
   */
  int move(
      Namespace from,
      GroupId group,
      Namespace to,
      Terms terms,
      BiConsumer<String, List<SnapshotId>> beforehand) {
    AuthId owner = source.owner(from, group);
    try (GroupLock left = source.lockGroup(from, group, owner)) {
      if (left.created()) {
        throw absent(from, group);
      }
      source.removeUnfinished(from, group);
      List<SnapshotId> going = terms.choose(source.snapshots(from, group));
      try (GroupLock entered = target.lockGroup(to, group, left.owner())) {
        watcher.group(from, group, to, !entered.created());
        if (!entered.created()) {
          requireFitting(from, going, entered, left.owner(), terms);
        }
        requireHeldAsLong(from, going, to);
        target.syncGroup(to, group);
        transfer(from, going, to, beforehand, source.groupNotes(from, group));
        moveNotes(from, group, to);
      }
      finish(left);
      return going.size();
    }
  }

  private void requireFitting(
      Namespace from, List<SnapshotId> going, GroupLock entered, AuthId owner, Terms terms) {
    if (!terms.merge()) {
      throw BackupException.invalid(mergeDisabled(entered.group(), entered.namespace()));
    }
    List<SnapshotId> coming =
        going.stream().filter(s -> !isCopied(from, s, entered.namespace())).toList();
    Meeting meeting =
        Meeting.of(owner, coming, target, entered.namespace(), entered.group(), terms.inOrder());
    if (meeting instanceof Meeting.OutOfOrder(SnapshotId oldest, SnapshotId conflicting)) {
      watcher.outOfOrder(oldest, conflicting);
    }
    String refusal = meeting.refusal(from, entered.group(), entered.namespace());
    if (refusal != null) {
      throw BackupException.invalid(refusal)
          .with("datastore", target.name())
          .advise("Move it to a namespace that has no such group.");
    }
  }

  private void requireHeldAsLong(Namespace from, List<SnapshotId> going, Namespace to) {
    firstHeldLonger(source, from, going, target, to)
        .ifPresent(
            held -> {
              throw held.refusal("move snapshots of namespace '" + from + "' to '" + to + "'");
            });
  }

  /** What keeps one of the snapshots from going where it would not be kept as long. */
  static Optional<Held> firstHeldLonger(
      Datastore source, Namespace from, List<SnapshotId> going, Datastore target, Namespace to) {
    if (target.holds().of(to).compareTo(source.holds().of(from)) >= 0) {
      return Optional.empty();
    }
    return going.stream().flatMap(snapshot -> source.held(from, snapshot).stream()).findFirst();
  }

  static String mergeDisabled(GroupId group, Namespace to) {
    return "group '"
        + group
        + "' already exists in target namespace '"
        + to
        + "' and merge-group is disabled";
  }

  private static BackupException absent(Namespace from, GroupId group) {
    return BackupException.notFound(
        "group '" + group + "' does not exist in namespace '" + from + "'");
  }

  private boolean isCopied(Namespace from, SnapshotId snapshot, Namespace to) {
    return source != target && copy.isThere(from, snapshot, to);
  }

  private void transfer(
      Namespace from,
      List<SnapshotId> going,
      Namespace to,
      BiConsumer<String, List<SnapshotId>> beforehand,
      String notes) {
    if (source == target) {
      relocate(from, going, to, beforehand, notes);
      return;
    }
    beforehand.accept(notes, going);
    for (SnapshotId snapshot : going) {
      watcher.checkStop();
      copy.run(from, snapshot, to);
      source.deleteMoved(from, snapshot, target, to);
    }
  }

  // All are held before the first one goes: what somebody reads keeps the whole group.
  private void relocate(
      Namespace from,
      List<SnapshotId> going,
      Namespace to,
      BiConsumer<String, List<SnapshotId>> beforehand,
      String notes) {
    List<Lease> held = new ArrayList<>();
    try {
      going.forEach(snapshot -> held.add(source.lockSnapshotExclusive(from, snapshot)));
      beforehand.accept(notes, going);
      for (SnapshotId snapshot : going) {
        watcher.checkStop();
        source.relocate(from, snapshot, to);
      }
    } finally {
      held.forEach(Lease::close);
    }
    if (!going.isEmpty()) {
      target.syncGroup(to, going.getFirst().group());
      source.syncGroup(from, going.getFirst().group());
    }
  }

  private void moveNotes(Namespace from, GroupId group, Namespace to) {
    String notes = source.groupNotes(from, group);
    String there = target.groupNotes(to, group);
    if (notes.isEmpty() || notes.equals(there)) {
      return;
    }
    if (there.isEmpty()) {
      target.setGroupNotes(to, group, notes);
      if (source != target) {
        copy.sync(); // whatever its level: here they go now
      }
    } else {
      watcher.warn(
          "group '"
              + group
              + "' keeps the notes that it has in '"
              + to
              + "'; those in '"
              + from
              + "' were: "
              + notes.lines().findFirst().orElse(""));
    }
  }

  private void finish(GroupLock left) {
    if (source.snapshots(left.namespace(), left.group()).isEmpty()) {
      watcher.removing(left.namespace(), left.group());
      var unused = source.removeEmptyGroup(left);
    }
  }
}
