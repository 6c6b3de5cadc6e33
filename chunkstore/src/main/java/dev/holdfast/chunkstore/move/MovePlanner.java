package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks what a move would do, and refuses one that cannot be begun, with PBS's words. */
final class MovePlanner {
  private final Datastore source;
  private final Datastore target;

  MovePlanner(Datastore source, Datastore target) {
    this.source = source;
    this.target = target;
  }

  MovePlan plan(MoveRequest request) {
    switch (request) {
      case MoveRequest.OfGroup of -> require(of);
      case MoveRequest.OfNamespace of -> require(of);
    }
    return rest(request);
  }

  /** What is left of a move that was begun before: maybe nothing. */
  MovePlan rest(MoveRequest request) {
    return switch (request) {
      case MoveRequest.OfGroup of -> {
        List<MovePlan.Step> steps = new ArrayList<>();
        add(of.from(), of.group(), of.to(), of.merge(), steps);
        yield new MovePlan(of, List.of(of.from()), List.of(), steps, List.of());
      }
      case MoveRequest.OfNamespace of -> rest(of);
    };
  }

  private void require(MoveRequest.OfGroup request) {
    if (source == target && request.from().equals(request.to())) {
      throw BackupException.invalid("source and target namespace must be different");
    }
    if (source.ownerIfAny(request.from(), request.group()).isEmpty()) {
      throw BackupException.invalid(
          "group '" + request.group() + "' does not exist in namespace '" + request.from() + "'");
    }
    if (!target.namespaceExists(request.to())) {
      throw BackupException.invalid("target namespace '" + request.to() + "' does not exist")
          .with("datastore", target.name());
    }
    if (!request.merge() && target.ownerIfAny(request.to(), request.group()).isPresent()) {
      throw BackupException.invalid(GroupMover.mergeDisabled(request.group(), request.to()));
    }
  }

  private void require(MoveRequest.OfNamespace request) {
    Namespace from = request.from();
    Namespace to = request.to();
    if (source == target) {
      if (from.isRoot()) {
        throw BackupException.invalid("Cannot create/delete root namespace!");
      }
      if (from.equals(to)) {
        throw BackupException.invalid("source and target namespace must be different");
      }
      if (from.contains(to)) {
        throw BackupException.invalid(
            "cannot move namespace '" + from + "' into its own subtree (target: '" + to + "')");
      }
    }
    if (!source.namespaceExists(from)) {
      throw BackupException.invalid("source namespace '" + from + "' does not exist");
    }
    Namespace parent = to.parent();
    if (parent != null && !target.namespaceExists(parent)) {
      throw BackupException.invalid(
              "parent '" + parent + "' of target namespace '" + to + "' does not exist")
          .with("datastore", target.name())
          .advise("Create it first.");
    }
  }

  private MovePlan rest(MoveRequest.OfNamespace request) {
    List<Namespace> sources =
        source.namespaces(request.from(), request.maxDepth()).stream()
            .filter(source::namespaceExists)
            .toList();
    List<Namespace> made = new ArrayList<>();
    List<MovePlan.Step> steps = new ArrayList<>();
    for (Namespace namespace : sources) {
      Namespace to = rebased(namespace, request);
      if (!target.namespaceExists(to)) {
        made.add(to);
      }
      for (GroupId group : source.groups(namespace)) {
        add(namespace, group, to, request.merge(), steps);
      }
    }
    List<Namespace> removed =
        request.removeSource()
            ? sources.reversed().stream().filter(n -> !n.isRoot()).toList()
            : List.of();
    return new MovePlan(request, sources, made, steps, removed);
  }

  private static Namespace rebased(Namespace namespace, MoveRequest.OfNamespace request) {
    try {
      return namespace.rebase(request.from(), request.to());
    } catch (BackupException e) {
      throw BackupException.invalid(
          "cannot move namespace '" + namespace + "' below '" + request.to() + "': " + e.text());
    }
  }

  private void add(
      Namespace from, GroupId group, Namespace to, boolean merge, List<MovePlan.Step> steps) {
    Optional<AuthId> owner = source.ownerIfAny(from, group);
    if (owner.isEmpty()) {
      return;
    }
    List<SnapshotId> snapshots =
        source.snapshots(from, group).stream().filter(s -> source.isFinished(from, s)).toList();
    Meeting meeting = Meeting.of(owner.get(), snapshots, target, to, group, true);
    boolean merges = !(meeting instanceof Meeting.Nobody);
    String refusal =
        merges && !merge ? GroupMover.mergeDisabled(group, to) : meeting.refusal(from, group, to);
    if (refusal == null) {
      refusal =
          GroupMover.firstHeldLonger(source, from, snapshots, target, to)
              .map(Held::text)
              .orElse(null);
    }
    steps.add(new MovePlan.Step(from, group, to, snapshots, merges, refusal));
  }
}
