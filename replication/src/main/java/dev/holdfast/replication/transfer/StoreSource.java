package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.StoredSnapshot;
import dev.holdfast.replication.plan.SiteView;
import java.util.Optional;

/**
 * Another datastore of this node, read as a reader session would: a snapshot is locked while it is
 * open, and what comes is checked by the pull as if it came from afar.
 *
 * @param workers read the disk
 */
record StoreSource(Datastore store, SourceRights rights, Workers workers) implements PullSource {

  private LocalListing listing() {
    return new LocalListing(store, rights);
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
    Lease lock;
    try {
      // The group may be another by now than the one that was listed.
      if (!rights.reads(namespace, store.owner(namespace, snapshot.group()))) {
        throw new BackupException(
                Kind.PERMISSION, "this sync may not read group " + snapshot.group() + " any more")
            .with("datastore", store.name())
            .with("namespace", namespace);
      }
      lock = store.lockSnapshotShared(namespace, snapshot);
    } catch (BackupException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.of(new Opened(namespace, snapshot, lock));
  }

  /** More than one at a time read no faster from a disk. */
  @Override
  public int extraSessions() {
    return 0;
  }

  private final class Opened implements StoredSnapshot {
    private final Namespace namespace;
    private final SnapshotId snapshot;
    private final Lease lock;

    Opened(Namespace namespace, SnapshotId snapshot, Lease lock) {
      this.namespace = namespace;
      this.snapshot = snapshot;
      this.lock = lock;
    }

    @Override
    public byte[] download(ArchiveName name, int bytesMax) {
      return workers.call(() -> store.readFile(namespace, snapshot, name, bytesMax));
    }

    @Override
    public byte[] chunk(Digest digest, int bytesMax) {
      byte[] encoded = workers.call(() -> store.chunks().read(digest));
      if (encoded.length > bytesMax) {
        throw BackupException.corrupt(
                "chunk "
                    + digest
                    + " has "
                    + encoded.length
                    + " bytes, its index allows for "
                    + bytesMax)
            .with("digest", digest);
      }
      return encoded;
    }

    @Override
    public void close() {
      lock.close();
    }
  }

  @Override
  public String toString() {
    return store.name().text();
  }
}
