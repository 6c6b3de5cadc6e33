package dev.holdfast.replication.plan;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.meshconfig.SyncConfig;
import java.util.Optional;

/**
 * Where things go, and what the target can do.
 *
 * @param from source namespace
 * @param into target namespace; the path below {@code from} is kept below it
 * @param owner who owns the groups at the target; a group of anybody else is left alone
 * @param appendOnly the target takes only snapshots newer than its newest, and no later changes:
 *     true for pushes by backup sessions (spec/engine.md §6)
 * @param sameStore both sides are one datastore, so that namespaces may overlap
 */
public record Mapping(
    Namespace from, Namespace into, AuthId owner, boolean appendOnly, boolean sameStore) {

  public static Mapping pull(Namespace from, Namespace into, AuthId owner) {
    return new Mapping(from, into, owner, false, false);
  }

  public static Mapping push(Namespace from, Namespace into, AuthId owner) {
    return new Mapping(from, into, owner, true, false);
  }

  public static Mapping of(SyncConfig.Pull pull) {
    boolean sameStore = pull.peer().isEmpty() && pull.from().store().equals(pull.into().store());
    return new Mapping(pull.from().ns(), pull.into().ns(), pull.owner(), false, sameStore);
  }

  /**
   * @param peerToken our token at the peer, who owns what a push creates
   */
  public static Mapping of(SyncConfig.Push push, AuthId peerToken) {
    return push(push.from().ns(), push.to().ns(), peerToken);
  }

  /** The target of a namespace below {@code from}; empty = too deep or too long for a datastore. */
  public Optional<Namespace> target(Namespace source) {
    int depth = source.depth() - from.depth() + into.depth();
    int length = 0;
    for (String component : source.components().subList(from.depth(), source.depth())) {
      length += component.length() + 1;
    }
    length += into.isRoot() ? -1 : into.toString().length();
    return depth > Namespace.DEPTH_MAX || length > Namespace.LENGTH_MAX
        ? Optional.empty()
        : Optional.of(source.rebase(from, into));
  }
}
