package dev.holdfast.replication.transfer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.plan.GroupView;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Removal;
import dev.holdfast.replication.plan.SyncPlan.SkipReason;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a push does at the peer, by the calls that a real PBS has (spec/protocols.md §8.3). The peer
 * checks and locks; what can be seen beforehand is looked at again before each step.
 */
final class PushWork implements SyncWork {
  private final PushEnds ends;
  private final Datastore local;
  private final AuthId owner;
  private final RemoteListing listing;
  private final PushRemovals removals;

  PushWork(PushEnds ends, Mapping mapping) {
    this.ends = ends;
    this.local = ends.local();
    this.owner = mapping.owner();
    this.listing = new RemoteListing(ends.target(), ends.remoteStore());
    this.removals = new PushRemovals(ends, mapping, listing);
  }

  @Override
  public String verb() {
    return "push";
  }

  @Override
  public boolean ownerDiffersFails() {
    return false;
  }

  @Override
  public Optional<String> refusal(Namespace target) {
    return Optional.empty(); // the peer says so itself
  }

  @Override
  public void createNamespace(Namespace target) {
    ObjectNode body =
        JsonNodeFactory.instance.objectNode().put("name", target.components().getLast());
    Namespace parent = target.parent();
    if (parent != null && !parent.isRoot()) {
      body.put("parent", parent.toString());
    }
    var unused = ends.target().post(ends.path("namespace"), body);
  }

  @Override
  public void transferGroup(GroupPlan plan, GroupRun run) {
    run.checkpoint();
    GroupView there = listing.group(plan.target(), plan.group());
    if (there != null && !there.owner().equals(owner)) {
      throw new BackupException(
              Kind.PERMISSION, "owner check failed (" + owner + " != " + there.owner() + ")")
          .with("group", plan.group());
    }
    // Finished or not: the peer compares with whatever is there.
    long newest =
        there == null || there.snapshots().isEmpty() ? Long.MIN_VALUE : there.snapshots().lastKey();
    boolean hasPrevious = newest != Long.MIN_VALUE;
    SnapshotPush push = new SnapshotPush(ends, run);
    for (Transfer transfer : plan.transfers()) {
      SnapshotId snapshot = plan.group().at(transfer.time());
      if (transfer.time() <= newest) {
        run.log(snapshot.timeText() + ": skipped, " + SkipReason.OLDER_THAN_TARGET.text());
      } else if (!local.isFinished(plan.source(), snapshot)) {
        run.log(snapshot.timeText() + ": skipped because vanished since start of sync");
      } else {
        transfer(push, plan, transfer, hasPrevious, run);
        hasPrevious = true;
      }
    }
  }

  private void transfer(
      SnapshotPush push, GroupPlan plan, Transfer transfer, boolean hasPrevious, GroupRun run) {
    SnapshotId snapshot = plan.group().at(transfer.time());
    run.checkpoint();
    run.log(snapshot.timeText() + ": start sync");
    Instant begin = ends.clock().instant();
    SnapshotPush.Sent sent = push.push(plan.source(), plan.target(), snapshot, hasPrevious);
    Duration took = Duration.between(begin, ends.clock().instant());
    run.log(snapshot.timeText() + ": sync done");
    run.transferred(
        new Transferred(
            plan.target(),
            snapshot,
            transfer.reason(),
            took,
            sent.chunks(),
            sent.encodedBytes(),
            true));
  }

  @Override
  public Optional<String> remove(Removal removal) {
    return removals.remove(removal);
  }
}
