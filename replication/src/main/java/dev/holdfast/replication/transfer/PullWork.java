package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.util.List;
import java.util.Optional;

/** What a pull does in our own datastore, each step under the locks that it needs. */
final class PullWork implements SyncWork {
  private final PullEnds ends;
  private final Datastore local;
  private final AuthId owner;
  private final TargetRights rights;

  /**
   * @param owner of all groups that this pull may touch
   * @param rights the owner's
   */
  PullWork(PullEnds ends, AuthId owner, TargetRights rights) {
    this.ends = ends;
    this.local = ends.local();
    this.owner = owner;
    this.rights = rights;
  }

  @Override
  public String verb() {
    return "pull";
  }

  @Override
  public boolean ownerDiffersFails() {
    return true;
  }

  @Override
  public Optional<String> refusal(Namespace target) {
    return rights.writes(target)
        ? Optional.empty()
        : Optional.of(owner + " may not back up to namespace '" + target + "'");
  }

  /** Also for who would remove it. */
  private Optional<String> arranging(Namespace namespace) {
    Namespace parent = namespace.parent();
    return parent != null && rights.arranges(parent)
        ? Optional.empty()
        : Optional.of(owner + " may not change the namespaces below '" + parent + "'");
  }

  @Override
  public void createNamespace(Namespace target) {
    arranging(target)
        .ifPresent(
            reason -> {
              throw new BackupException(Kind.PERMISSION, reason).with("namespace", target);
            });
    local.createNamespace(target);
  }

  @Override
  public void transferGroup(GroupPlan plan, GroupRun run) {
    try (GroupLock lock = local.lockGroup(plan.target(), plan.group(), owner)) {
      if (!lock.owner().equals(owner)) {
        throw new BackupException(
                Kind.PERMISSION, "owner check failed (" + owner + " != " + lock.owner() + ")")
            .with("group", plan.group());
      }
      for (SnapshotId left : local.removeUnfinished(plan.target(), plan.group())) {
        run.log(left.timeText() + ": removed, because it was begun and never finished");
      }
      try (SnapshotsAhead snapshots = new SnapshotsAhead(ends, plan)) {
        for (Transfer transfer : plan.transfers()) {
          SnapshotPull.pull(ends, plan, transfer, snapshots, run);
        }
      }
    }
  }

  @Override
  public Optional<String> remove(Removal removal) {
    return switch (removal) {
      case Removal.OfSnapshot one -> inGroup(one.namespace(), one.group(), lock -> snapshot(one));
      case Removal.OfGroup whole ->
          inGroup(whole.namespace(), whole.group(), lock -> group(whole, lock));
      case Removal.OfNamespace namespace -> namespace(namespace.namespace());
    };
  }

  private interface Locked {
    /** Empty when it is removed, else why not. */
    Optional<String> remove(GroupLock lock);
  }

  private Optional<String> inGroup(Namespace namespace, GroupId group, Locked step) {
    if (!local.namespaceExists(namespace)) {
      return Optional.empty();
    }
    try (GroupLock lock = local.lockGroup(namespace, group, owner)) {
      return lock.owner().equals(owner)
          ? step.remove(lock)
          : Optional.of("it is owned by " + lock.owner());
    }
  }

  private Optional<String> snapshot(Removal.OfSnapshot removal) {
    SnapshotId id = removal.group().at(removal.time());
    Optional<String> kept = whyKept(removal.namespace(), id);
    if (kept.isEmpty() && local.snapshotExists(removal.namespace(), id)) {
      local.deleteSnapshot(removal.namespace(), id, false);
    }
    return kept;
  }

  private Optional<String> whyKept(Namespace namespace, SnapshotId id) {
    if (!local.snapshotExists(namespace, id)) {
      return Optional.empty();
    }
    if (local.isProtected(namespace, id)) {
      return Optional.of("snapshot " + id.timeText() + " is protected");
    }
    Optional<Held> held = local.held(namespace, id);
    if (held.isPresent()) {
      return held.map(hold -> "snapshot " + id.timeText() + " is " + hold.text());
    }
    return local.isFinished(namespace, id)
        ? Optional.empty()
        : Optional.of("snapshot " + id.timeText() + " is not finished");
  }

  private Optional<String> group(Removal.OfGroup removal, GroupLock lock) {
    List<SnapshotId> snapshots = local.snapshots(removal.namespace(), removal.group());
    if (snapshots.size() > removal.snapshotCount()) {
      return Optional.of("it has new snapshots");
    }
    Optional<String> kept =
        snapshots.stream()
            .map(id -> whyKept(removal.namespace(), id))
            .flatMap(Optional::stream)
            .findFirst();
    if (kept.isEmpty()) {
      snapshots.forEach(id -> local.deleteSnapshot(removal.namespace(), id, false));
      local.removeEmptyGroup(lock);
    }
    return kept;
  }

  private Optional<String> namespace(Namespace namespace) {
    if (!local.namespaceExists(namespace)) {
      return Optional.empty();
    }
    boolean empty =
        local.groups(namespace).isEmpty()
            && local.namespaces(namespace, Namespace.DEPTH_MAX).size() == 1;
    if (!empty) {
      return Optional.of("something is in it");
    }
    Optional<String> refusal = arranging(namespace);
    if (refusal.isEmpty()) {
      local.deleteNamespace(namespace, false);
    }
    return refusal;
  }
}
