package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.peer.StoredSnapshot;
import dev.holdfast.replication.plan.SiteView;
import java.util.Optional;

/** A datastore of a peer, read by reader sessions. */
record PeerSource(RemoteNode peer, DatastoreName store) implements PullSource {
  /** With those of the groups, enough for a Gbit/s over 150 ms (design §6). */
  private static final int EXTRA_SESSIONS = 8;

  private RemoteListing listing() {
    return new RemoteListing(peer, store);
  }

  @Override
  public SiteView view(Namespace anchor, int maxDepth, boolean complete) {
    return listing().source(anchor, maxDepth, complete);
  }

  @Override
  public SiteView view(Namespace anchor, Namespace namespace, GroupId group) {
    return listing().source(anchor, namespace, group);
  }

  @Override
  public Optional<StoredSnapshot> open(Namespace namespace, SnapshotId snapshot) {
    try {
      return Optional.<StoredSnapshot>of(peer.openReader(store, namespace, snapshot));
    } catch (BackupException e) {
      // 400 with this text, spec/protocols.md §6.1.
      if (e.kind() == Kind.INVALID_INPUT && e.text().contains("does not exist")) {
        return Optional.empty();
      }
      throw e;
    }
  }

  @Override
  public int extraSessions() {
    return EXTRA_SESSIONS;
  }

  @Override
  public String toString() {
    return peer + "/" + store;
  }
}
