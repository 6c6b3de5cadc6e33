package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.index.ByteSource;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.pxar.PxarAccessor;
import dev.holdfast.replication.peer.PxarFiles;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.SnapshotFiles;
import java.io.IOException;

/** A snapshot that is read from, which keeps it from being removed. */
record OpenSnapshot(SnapshotId id, ReaderSession session, SnapshotFiles files, Workers workers)
    implements AutoCloseable {
  static OpenSnapshot open(
      Terminal terminal,
      NodeConnection node,
      Namespace namespace,
      SnapshotChoice choice,
      KeyOptions keys) {
    SnapshotId id = choice.resolve(node, namespace);
    ReaderSession session = node.node().openReader(node.datastore(), namespace, id);
    boolean opened = false;
    try {
      SnapshotFiles files = SnapshotFiles.open(session, id, () -> keys.find(terminal));
      opened = true;
      return new OpenSnapshot(id, session, files, new Workers());
    } finally {
      if (!opened) {
        session.close();
      }
    }
  }

  /**
   * An archive of a tree, in one stream or split.
   *
   * @param name of its names as stored, for messages
   */
  record Tree(String name, PxarAccessor archive) {}

  /** By any of its names: {@code root.pxar}, {@code root.mpxar.didx}. */
  Tree tree(String given) throws IOException {
    return tree(files, given, workers);
  }

  /** The content of a file at any position. */
  ByteSource source(ManifestFile file) {
    return files.source(file, workers);
  }

  /** NOT_FOUND with what there is. */
  static Tree tree(SnapshotFiles files, String given, Workers workers) throws IOException {
    ArchiveName name = BackupSource.archive(given);
    if (!PxarFiles.isDirectory(name)) {
      throw new UsageException("'" + given + "' is no archive of a directory", null);
    }
    PxarFiles archive = files.pxar(name);
    return new Tree(archive.archive().name().text(), archive.accessor(workers));
  }

  @Override
  public void close() {
    session.close();
    workers.close();
  }
}
