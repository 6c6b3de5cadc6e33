package dev.holdfast.replication.mesh;

import java.time.Instant;
import java.util.List;

/** How this node stands to the mesh. */
public sealed interface MeshState {
  /** In the mesh, perhaps alone: the members include this node. Ordered by site. */
  record Up(Instant since, List<MeshMember> members) implements MeshState {
    public Up {
      members = List.copyOf(members);
    }
  }

  /** Joining in the background. */
  record Starting(Instant since) implements MeshState {}

  /** Not configured, not started yet, or stopped. */
  record Off(String reason) implements MeshState {}

  /** Joining failed; it is tried again. */
  record Failed(String reason, Instant since) implements MeshState {}

  /** The word for it in listings: up, starting, off or failed. */
  default String word() {
    return switch (this) {
      case Up up -> "up";
      case Starting starting -> "starting";
      case Off off -> "off";
      case Failed failed -> "failed";
    };
  }

  /** Why it is not up, in one sentence; empty when it is or may soon be. */
  default String reason() {
    return switch (this) {
      case Up up -> "";
      case Starting starting -> "";
      case Off off -> off.reason();
      case Failed failed -> failed.reason();
    };
  }

  /** Who is in the mesh; empty unless up. */
  default List<MeshMember> members() {
    return this instanceof Up up ? up.members() : List.of();
  }
}
