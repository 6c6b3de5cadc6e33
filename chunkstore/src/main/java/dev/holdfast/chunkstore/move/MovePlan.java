package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a move would do now.
 *
 * @param sources the namespaces whose groups go, parents first
 * @param made namespaces of the target that are made, parents first
 * @param groups in the order in which they go
 * @param removed namespaces of the source that go when all their groups do, deepest first
 */
public record MovePlan(
    MoveRequest request,
    List<Namespace> sources,
    List<Namespace> made,
    List<Step> groups,
    List<Namespace> removed) {

  public MovePlan {
    sources = List.copyOf(sources);
    made = List.copyOf(made);
    groups = List.copyOf(groups);
    removed = List.copyOf(removed);
  }

  /**
   * One group.
   *
   * @param snapshots finished ones, by time
   * @param merges whether the group is at the target already
   * @param refusal why it would stay; null when it would go
   */
  public record Step(
      Namespace from,
      GroupId group,
      Namespace to,
      List<SnapshotId> snapshots,
      boolean merges,
      @Nullable String refusal) {

    public Step {
      snapshots = List.copyOf(snapshots);
    }
  }
}
