package dev.holdfast.meshconfig;

import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Namespace;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** One replication job: from a peer to us, from us to a peer, or from one of our datastores. */
public sealed interface SyncConfig {

  /** A namespace in a datastore, at a peer or here. */
  sealed interface Place {
    DatastoreName store();

    Namespace ns();
  }

  /**
   * A place at a peer, {@code peer:datastore/namespace}.
   *
   * @param peer name of a declared peer
   */
  record Remote(String peer, DatastoreName store, Namespace ns) implements Place {
    @Override
    public String toString() {
      return peer + ":" + new Local(store, ns);
    }
  }

  /** A place of our own, {@code datastore/namespace}. */
  record Local(DatastoreName store, Namespace ns) implements Place {
    @Override
    public String toString() {
      return ns.isRoot() ? store.text() : store + "/" + ns;
    }
  }

  /**
   * From a peer, or from another datastore of ours, to us.
   *
   * @param owner owns the groups that this pull creates, and must own those it finds
   */
  record Pull(String id, Place from, Local into, When when, AuthId owner, SyncRules rules)
      implements SyncConfig {
    @Override
    public Place other() {
      return from;
    }

    @Override
    public Local local() {
      return into;
    }
  }

  /**
   * From us to a peer. The groups at the target belong to the token that we use there.
   *
   * @param owner what he may not read is not sent
   */
  record Push(String id, Local from, Remote to, When when, AuthId owner, SyncRules rules)
      implements SyncConfig {
    @Override
    public Place other() {
      return to;
    }

    @Override
    public Local local() {
      return from;
    }
  }

  /** Stable: given by {@code id:}, or made from the remote place. */
  String id();

  /** The side that is not {@link #local()}; with a pull it may be here, too. */
  Place other();

  Local local();

  /** Where it takes from. */
  default Place source() {
    return switch (this) {
      case Pull pull -> pull.from();
      case Push push -> push.from();
    };
  }

  /** The name of the peer; empty when both sides are here. */
  default Optional<String> peer() {
    return switch (other()) {
      case Remote remote -> Optional.of(remote.peer());
      case Local here -> Optional.empty();
    };
  }

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
