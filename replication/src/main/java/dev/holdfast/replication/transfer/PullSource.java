package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.peer.StoredSnapshot;
import dev.holdfast.replication.plan.SiteView;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * The datastore that a pull takes from. Methods wait for peer or disk: for virtual threads; several
 * at a time. The text of one is for logs.
 */
public sealed interface PullSource permits PeerSource, StoreSource {
  static PullSource of(RemoteNode peer, DatastoreName store) {
    return new PeerSource(peer, store);
  }

  /**
   * A datastore of our own.
   *
   * @param workers a bounded pool of platform threads: reads files and chunks
   */
  static PullSource of(Datastore store, SourceRights rights, Executor workers) {
    return new StoreSource(store, rights, new Workers(workers));
  }

  /**
   * The namespaces below {@code anchor} that we may see, with the groups that we may read.
   *
   * @param complete what is not in the view counts as gone: refused (PERMISSION) when there are
   *     namespaces that we may not see
   */
  SiteView view(Namespace anchor, int maxDepth, boolean complete);

  /** One group; an empty namespace when there is none that we may read. */
  SiteView view(Namespace anchor, Namespace namespace, GroupId group);

  /** The caller closes it. Empty when there is no such snapshot any more; LOCKED when in use. */
  Optional<StoredSnapshot> open(Namespace namespace, SnapshotId snapshot);

  /** How many times one run may have a snapshot open beside the first time: what that gains. */
  int extraSessions();
}
