package dev.holdfast.node.api.rest;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.ChunkedSource;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.replication.peer.PxarFiles;
import java.io.IOException;

/**
 * What a stored snapshot holds, in the clear: the node has no keys, so only what was stored without
 * one. While it is open, nobody removes the snapshot.
 */
final class StoredContent implements AutoCloseable {
  private final Datastore store;
  private final Namespace namespace;
  private final SnapshotId snapshot;
  private final Manifest manifest;
  private final Lease lease;

  private StoredContent(
      Datastore store, Namespace namespace, SnapshotId snapshot, Manifest manifest, Lease lease) {
    this.store = store;
    this.namespace = namespace;
    this.snapshot = snapshot;
    this.manifest = manifest;
    this.lease = lease;
  }

  static StoredContent open(Datastore store, Namespace namespace, SnapshotId snapshot) {
    Manifest manifest = store.manifest(namespace, snapshot);
    return new StoredContent(
        store, namespace, snapshot, manifest, store.lockSnapshotShared(namespace, snapshot));
  }

  /** Throws INVALID_INPUT when there is none, or when it is encrypted. */
  ManifestFile file(ArchiveName name) {
    ManifestFile file = manifest.file(name);
    if (file == null) {
      throw BackupException.invalid("snapshot " + snapshot + " has no file '" + name + "'");
    }
    if (file.crypt() == CryptMode.ENCRYPT) {
      throw BackupException.invalid("cannot decode '" + name + "' - is encrypted");
    }
    return file;
  }

  boolean has(ArchiveName name) {
    return manifest.file(name) != null;
  }

  /** Of an index file. */
  ByteSource source(ArchiveName name) {
    ManifestFile file = file(name);
    ChunkIndex index = store.readIndex(namespace, snapshot, name, file.csum());
    return new ChunkedSource(index, this::chunk);
  }

  private byte[] chunk(Digest digest, long position, int bytes) {
    byte[] encoded = store.chunks().read(digest);
    byte[] plain = DataBlob.decode(encoded, encoded.length, bytes);
    if (plain.length != bytes || !Digest.sha256(plain).equals(digest)) {
      throw BackupException.corrupt(
          "chunk "
              + digest
              + " at position "
              + position
              + " has other content, of "
              + plain.length
              + " bytes");
    }
    return plain;
  }

  byte[] blob(ArchiveName name) {
    var unused = file(name);
    byte[] encoded = store.readBlob(namespace, snapshot, name);
    return DataBlob.decode(encoded, encoded.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
  }

  /** The archive of a directory, by the name of any of its files. */
  PxarAccessor archive(ArchiveName name) throws IOException {
    if (name.text().endsWith(".pxar.didx")) {
      return PxarAccessor.open(source(name), name.text());
    }
    ArchiveName metadata = PxarFiles.metadataName(name);
    return PxarAccessor.open(
        source(metadata), metadata.text(), source(PxarFiles.payloadName(name)));
  }

  @Override
  public void close() {
    lease.close();
  }
}
