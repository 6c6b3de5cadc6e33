package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a group finds at the target. Two are merged when they have one owner and all that comes is
 * newer than all that is there: then the order of backups stays what it was, and an interrupted
 * merge has a clean border (spec/engine.md §7.5).
 */
sealed interface Meeting {
  /** No such group. */
  record Nobody() implements Meeting {}

  /** One that may take the snapshots. */
  record Fits() implements Meeting {}

  record OtherOwner(AuthId comes, AuthId there) implements Meeting {}

  record OutOfOrder(SnapshotId oldest, SnapshotId conflicting) implements Meeting {}

  /**
   * @param coming snapshots of the source, by time
   * @param inOrder whether all of them have to be newer than all that is there; else each only has
   *     to have a time of its own
   */
  static Meeting of(
      AuthId owner,
      List<SnapshotId> coming,
      Datastore target,
      Namespace to,
      GroupId group,
      boolean inOrder) {
    Optional<AuthId> there = target.ownerIfAny(to, group);
    if (there.isEmpty()) {
      return new Nobody();
    }
    if (!there.get().equals(owner)) {
      return new OtherOwner(owner, there.get());
    }
    List<SnapshotId> present = target.snapshots(to, group);
    return inOrder ? order(coming, present) : times(coming, present);
  }

  private static Meeting order(List<SnapshotId> coming, List<SnapshotId> present) {
    if (coming.isEmpty()
        || present.isEmpty()
        || coming.getFirst().compareTo(present.getLast()) > 0) {
      return new Fits();
    }
    return new OutOfOrder(coming.getFirst(), present.getLast());
  }

  private static Meeting times(List<SnapshotId> coming, List<SnapshotId> present) {
    for (SnapshotId snapshot : coming) {
      if (present.contains(snapshot)) {
        return new OutOfOrder(snapshot, snapshot);
      }
    }
    return new Fits();
  }

  /** PBS's words; null when nothing is in the way. */
  default @Nullable String refusal(Namespace from, GroupId group, Namespace to) {
    String cannot = "cannot merge group '%s' from '%s' into '%s': ".formatted(group, from, to);
    return switch (this) {
      case Nobody _, Fits _ -> null;
      case OtherOwner other ->
          cannot + "owner mismatch: " + other.comes() + " here, " + other.there() + " there";
      case OutOfOrder _ -> cannot + "snapshot time mismatch";
    };
  }
}
