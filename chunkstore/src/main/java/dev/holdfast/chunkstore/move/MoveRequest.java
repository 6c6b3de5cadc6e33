package dev.holdfast.chunkstore.move;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;

/** What is to be moved where; the datastores are the {@link Mover}'s. */
public sealed interface MoveRequest {
  Namespace from();

  Namespace to();

  /** Whether groups that are at the target already take the older snapshots of others before. */
  boolean merge();

  /** One group, to another namespace that exists. */
  record OfGroup(Namespace from, GroupId group, Namespace to, boolean merge)
      implements MoveRequest {
    @Override
    public String toString() {
      return "group '%s' from '%s' to '%s'".formatted(group, from, to);
    }
  }

  /**
   * A namespace with what is below it, under another name or to another place.
   *
   * @param maxDepth how many levels below {@code from} go along, 0 … 7
   * @param removeSource whether namespaces that became empty go
   */
  record OfNamespace(
      Namespace from, Namespace to, int maxDepth, boolean removeSource, boolean merge)
      implements MoveRequest {
    public OfNamespace {
      if (maxDepth < 0 || maxDepth > Namespace.DEPTH_MAX) {
        throw BackupException.invalid(
            "found a depth of " + maxDepth + ", expected 0 … " + Namespace.DEPTH_MAX);
      }
    }

    @Override
    public String toString() {
      return "namespace '%s' to '%s'".formatted(from, to);
    }
  }
}
