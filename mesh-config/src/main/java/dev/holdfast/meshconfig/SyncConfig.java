package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.List;
import java.util.OptionalInt;

/** One replication job: from a peer to us, or from us to a peer. */
public sealed interface SyncConfig {

  /**
   * A place at a peer, {@code peer:datastore/namespace}.
   *
   * @param peer name of a declared peer
   */
  record Remote(String peer, DatastoreName store, Namespace ns) {
    @Override
    public String toString() {
      return peer + ":" + new Local(store, ns);
    }
  }

  /** A place of our own, {@code datastore/namespace}. */
  record Local(DatastoreName store, Namespace ns) {
    @Override
    public String toString() {
      return ns.isRoot() ? store.text() : store + "/" + ns;
    }
  }

  /**
   * From a peer to us.
   *
   * @param owner owns the groups that this pull creates, and must own those it finds
   */
  record Pull(String id, Remote from, Local into, When when, AuthId owner, SyncRules rules)
      implements SyncConfig {
    @Override
    public Remote remote() {
      return from;
    }

    @Override
    public Local local() {
      return into;
    }
  }

  /** From us to a peer. The groups at the target belong to the token that we use there. */
  record Push(String id, Local from, Remote to, When when, SyncRules rules) implements SyncConfig {
    @Override
    public Remote remote() {
      return to;
    }

    @Override
    public Local local() {
      return from;
    }
  }

  /** Stable: given by {@code id:}, or made from the remote place. */
  String id();

  Remote remote();

  Local local();

  When when();

  SyncRules rules();

  default int maxDepth() {
    return rules().maxDepth();
  }

  default boolean removeVanished() {
    return rules().removeVanished();
  }

  default int maxNewNamespaces() {
    return rules().maxNewNamespaces();
  }

  default OptionalInt transferLast() {
    return rules().transferLast();
  }

  default List<GroupFilter> groupFilters() {
    return rules().groupFilters();
  }

  /** {@code pull-paris-main-paris}: direction, peer, datastore, namespace at the peer. */
  static String derivedId(String direction, Remote remote) {
    StringBuilder id = new StringBuilder();
    id.append(direction).append('-').append(remote.peer()).append('-').append(remote.store());
    remote.ns().components().forEach(c -> id.append('-').append(c));
    return id.toString();
  }
}
