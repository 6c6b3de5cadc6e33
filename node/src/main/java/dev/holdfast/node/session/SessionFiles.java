package dev.holdfast.node.session;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.wire.WireSource;

/**
 * Files of a snapshot as sessions give them out; the same rules in both (spec/protocols.md §4.5,
 * §6.2).
 */
final class SessionFiles {
  private SessionFiles() {}

  /** A file's bytes. An absent blob is 404, which clients tell from other errors. */
  static WireSource open(
      Datastore store, Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    return FileSource.ofFile(store.openFile(namespace, snapshot, name));
  }

  /**
   * The index, for its digests; an index that cannot be read is 400, upon which clients go on
   * without it.
   */
  static ChunkIndex index(
      Datastore store, Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    try {
      return store.readIndex(namespace, snapshot, name);
    } catch (BackupException e) {
      // Clients see where the file is in the store, not where the store is.
      throw new BackupException(Kind.INVALID_INPUT, e.text().replace(store.base() + "/", ""), e);
    }
  }
}
