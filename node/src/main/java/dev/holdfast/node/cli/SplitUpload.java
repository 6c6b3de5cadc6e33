package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.chunker.BuzhashChunker;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.pxar.ArchiveTarget;
import dev.holdfast.chunkstore.pxar.PreviousArchive;
import dev.holdfast.chunkstore.pxar.PxarEntrySink;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.pxar.TreeSummary;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.ChunkingOutputStream;
import dev.holdfast.replication.peer.KnownChunks;
import dev.holdfast.replication.peer.PayloadUpload;
import dev.holdfast.replication.peer.PxarFiles;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.SnapshotFiles;
import dev.holdfast.replication.peer.UploadMeans;
import dev.holdfast.replication.peer.UploadStats;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A directory on its way into a split archive (spec/protocols.md §5.3): two uploads side by side,
 * and for the comparison with the last backup a reader session on it.
 */
final class SplitUpload {
  /**
   * The last snapshot of the group, to compare with.
   *
   * @param reader opens a session on it; the upload closes it
   */
  record Previous(
      SnapshotId snapshot, Manifest manifest, Function<SnapshotId, ReaderSession> reader) {}

  /**
   * @param files in the order of the manifest
   */
  record Result(List<ManifestFile> files, UploadStats stats, TreeSummary summary) {}

  private final BackupSession session;
  private final UploadMeans means;
  private final ArchiveName metadata;
  private final ArchiveName payload;
  private final Consumer<String> messages;

  /**
   * @param name in one stream, {@code root.pxar.didx}
   * @param messages hears why there is no reuse
   */
  SplitUpload(
      BackupSession session, UploadMeans means, ArchiveName name, Consumer<String> messages) {
    this.session = session;
    this.means = means;
    this.metadata = PxarFiles.metadataName(name);
    this.payload = PxarFiles.payloadName(name);
    this.messages = messages;
  }

  /**
   * Saves the directory.
   *
   * @param manifest of the last backup, whose chunks need not be sent again
   * @param previous the same backup, to be compared with; null to read everything
   */
  Result save(
      BackupSource source,
      @Nullable Manifest manifest,
      @Nullable Previous previous,
      TreeBackup.Options tree,
      TreeListener listener)
      throws IOException {
    ChunkIndex payloadBefore = known(manifest);
    if (previous == null || payloadBefore == null) {
      return save(source, null, tree, listener);
    }
    try (ReaderSession reader = open(previous)) {
      return save(source, archive(reader, previous, payloadBefore), tree, listener);
    }
  }

  /** Learns the chunks of the last backup; null when its payload cannot be used. */
  private @Nullable ChunkIndex known(@Nullable Manifest manifest) {
    if (manifest == null) {
      return null;
    }
    KnownChunks.Previous before =
        means.known().previous(session, manifest, payload, means.protection());
    String refused = before.refused();
    if (refused == null) {
      refused = means.known().addPrevious(session, manifest, metadata, means.protection());
    }
    if (refused != null) {
      messages.accept("no reuse: " + refused);
      return null;
    }
    return before.index();
  }

  /** Null, and a message, when that is not possible: the backup goes on without. */
  private @Nullable ReaderSession open(Previous previous) {
    try {
      return previous.reader.apply(previous.snapshot);
    } catch (BackupException e) {
      noComparison(e);
      return null;
    }
  }

  private @Nullable PreviousArchive archive(
      @Nullable ReaderSession reader, Previous previous, ChunkIndex payloadBefore)
      throws IOException {
    if (reader == null) {
      return null;
    }
    try {
      SnapshotFiles files =
          SnapshotFiles.of(reader, previous.snapshot, previous.manifest, means.protection()::key);
      return new PreviousArchive(files.pxar(metadata).metadata(means.pool()), payloadBefore);
    } catch (BackupException e) {
      noComparison(e);
      return null;
    }
  }

  private void noComparison(BackupException e) {
    if (e.kind() == Kind.CANCELLED) {
      throw e;
    }
    messages.accept("all files are read, the last backup cannot be compared with: " + e.text());
  }

  private Result save(
      BackupSource source,
      @Nullable PreviousArchive previous,
      TreeBackup.Options tree,
      TreeListener listener)
      throws IOException {
    ArchiveUpload entries = ArchiveUpload.dynamic(session, metadata, means);
    ArchiveUpload contents = ArchiveUpload.dynamic(session, payload, means);
    TreeSummary summary;
    try (ChunkingOutputStream entryChunks =
            ChunkingOutputStream.dynamic(BuzhashChunker.PXAR_AVERAGE_BYTES, entries);
        PayloadUpload contentChunks = new PayloadUpload(contents)) {
      summary =
          TreeBackup.write(
              source.path(),
              new ArchiveTarget.Split(entryChunks, contentChunks, previous),
              tree,
              listener,
              PxarEntrySink.NONE);
    }
    // The metadata is closed first and listed last, as real clients do.
    ManifestFile entriesFile = entries.finish();
    ManifestFile contentsFile = contents.finish();
    return new Result(
        List.of(contentsFile, entriesFile), entries.stats().plus(contents.stats()), summary);
  }
}
