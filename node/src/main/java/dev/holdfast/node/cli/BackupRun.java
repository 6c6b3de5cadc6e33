package dev.holdfast.node.cli;

import dev.holdfast.chunkstore.blob.BlobCodec;
import dev.holdfast.chunkstore.catalog.CatalogWriter;
import dev.holdfast.chunkstore.chunker.BuzhashChunker;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.ManifestSignature;
import dev.holdfast.chunkstore.manifest.Protection;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.pxar.ArchiveTarget;
import dev.holdfast.chunkstore.pxar.TreeBackup;
import dev.holdfast.chunkstore.pxar.TreeListener;
import dev.holdfast.chunkstore.pxar.TreeSummary;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.ChunkingOutputStream;
import dev.holdfast.replication.peer.KnownChunks;
import dev.holdfast.replication.peer.PxarFiles;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.peer.UploadMeans;
import dev.holdfast.replication.peer.UploadStats;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One backup into an open session (spec/protocols.md §5.1): images side by side, then the other
 * sources in their order, then the manifest, then the end that makes the snapshot visible. Reads
 * and cuts on the calling thread, hashes and compresses on the workers.
 */
final class BackupRun {
  private static final int READ_BYTES = 1 << 20;

  private final Terminal terminal;
  private final BackupSession session;
  private final SnapshotId snapshot;
  private final TreeBackup.Options tree;
  private final BackupKeys keys;
  private final Comparison comparison;
  private final Protection protection;
  private final UploadMeans means;
  private final @Nullable String command;
  private final List<ManifestFile> files = new ArrayList<>();
  private UploadStats stats = UploadStats.NONE;
  private @Nullable Catalog catalog;

  /** Begun with the first directory, grows with each, and is closed after the last source. */
  private record Catalog(ArchiveUpload upload, OutputStream chunks, CatalogWriter writer) {}

  /**
   * How to find what is new.
   *
   * @param reader opens a session on a snapshot of the group
   */
  record Comparison(ChangeDetection mode, Function<SnapshotId, ReaderSession> reader) {}

  /**
   * @param command gives what is read instead of standard input, null = none
   */
  BackupRun(
      Terminal terminal,
      BackupSession session,
      SnapshotId snapshot,
      Executor workers,
      TreeBackup.Options tree,
      BackupKeys keys,
      Comparison comparison,
      @Nullable String command) {
    this.command = command;
    this.terminal = terminal;
    this.session = session;
    this.snapshot = snapshot;
    this.tree = tree;
    this.keys = keys;
    this.comparison = comparison;
    this.protection = keys.protection();
    this.means = new UploadMeans(new KnownChunks(), workers, protection);
  }

  void run(List<BackupSource> sources) throws IOException {
    long began = System.nanoTime();
    Manifest previous = previous();
    images(sources.stream().filter(s -> s.kind() == BackupSource.Kind.IMAGE).toList(), previous);
    for (BackupSource source : sources) {
      switch (source.kind()) {
        case DIRECTORY -> directory(source, previous);
        case IMAGE -> {}
        case FILE -> file(source);
        case STREAM -> stream(source, previous);
      }
    }
    endCatalog();
    keys.wrapped().ifPresent(this::wrappedKey);
    Manifest manifest = protection.signed(Manifest.of(snapshot, files));
    session.blob(ArchiveName.MANIFEST, manifest.encodeBlob());
    session.finish();
    terminal.line(summary(stats));
    Duration spent = Duration.ofNanos(System.nanoTime() - began);
    terminal.line("finished " + snapshot + " in " + HumanText.duration(spent));
  }

  /** What is wrong with the last backup costs its reuse, not this one. */
  private @Nullable Manifest previous() {
    if (session.previousTime().isEmpty()) {
      return null;
    }
    try {
      Manifest previous = Manifest.decodeBlob(session.previous(ArchiveName.MANIFEST));
      ManifestSignature.check(previous, protection.key());
      return previous;
    } catch (BackupException e) {
      return switch (e.kind()) {
        case PEER_UNREACHABLE, CANCELLED -> throw e;
        default -> {
          terminal.message("no reuse: manifest of the last backup: " + e.text());
          yield null;
        }
      };
    }
  }

  /** Returns the size that the archive had last time, 0 when that is not known. */
  private long reuse(@Nullable Manifest previous, ArchiveName name) {
    if (previous == null) {
      return 0;
    }
    String refused = means.known().addPrevious(session, previous, name, protection);
    if (refused != null) {
      terminal.message("no reuse: " + refused);
    }
    ManifestFile file = previous.file(name);
    return file == null ? 0 : file.size();
  }

  private void directory(BackupSource source, @Nullable Manifest previous) throws IOException {
    TreeSummary summary =
        comparison.mode == ChangeDetection.LEGACY
            ? inOneStream(source, previous)
            : split(source, previous);
    terminal.line(source.name() + ": " + HumanText.tree(summary));
  }

  private TreeSummary inOneStream(BackupSource source, @Nullable Manifest previous)
      throws IOException {
    ArchiveName name = source.archive();
    Progress progress = new Progress(terminal, source.name(), reuse(previous, name));
    ArchiveUpload upload = ArchiveUpload.dynamic(session, name, means);
    TreeSummary summary;
    try (OutputStream chunks =
        ChunkingOutputStream.dynamic(BuzhashChunker.PXAR_AVERAGE_BYTES, upload)) {
      summary =
          TreeBackup.write(
              source.path(),
              new ArchiveTarget.Single(chunks),
              tree,
              listener(progress),
              catalog(previous).writer.archive(name));
    }
    ended(upload, progress);
    return summary;
  }

  private TreeSummary split(BackupSource source, @Nullable Manifest manifest) throws IOException {
    ArchiveName name = source.archive();
    ManifestFile before = manifest == null ? null : manifest.file(PxarFiles.payloadName(name));
    Progress progress = new Progress(terminal, source.name(), before == null ? 0 : before.size());
    SplitUpload upload = new SplitUpload(session, means, name, terminal::message);
    SplitUpload.Result result =
        upload.save(source, manifest, previousSnapshot(manifest), tree, listener(progress));
    progress.clear();
    files.addAll(result.files());
    stats = stats.plus(result.stats());
    return result.summary();
  }

  private SplitUpload.@Nullable Previous previousSnapshot(@Nullable Manifest manifest) {
    if (comparison.mode != ChangeDetection.METADATA || manifest == null) {
      return null;
    }
    return new SplitUpload.Previous(manifest.snapshot(), manifest, comparison.reader);
  }

  private Catalog catalog(@Nullable Manifest previous) throws IOException {
    Catalog begun = catalog;
    if (begun == null) {
      reuse(previous, CatalogWriter.NAME);
      ArchiveUpload upload = ArchiveUpload.dynamic(session, CatalogWriter.NAME, means);
      OutputStream chunks =
          ChunkingOutputStream.dynamic(BuzhashChunker.CATALOG_AVERAGE_BYTES, upload);
      begun = new Catalog(upload, chunks, new CatalogWriter(chunks));
      catalog = begun;
    }
    return begun;
  }

  private void endCatalog() throws IOException {
    if (catalog != null) {
      catalog.writer.finish();
      catalog.chunks.close();
      files.add(catalog.upload.finish());
      stats = stats.plus(catalog.upload.stats());
    }
  }

  static TreeListener listener(Progress progress) {
    return new TreeListener() {
      @Override
      public void progress(long entries, long contentBytes) {
        progress.at(contentBytes, ", " + HumanText.count(entries, "entry", "entries"));
      }

      @Override
      public void warning(String text) {
        progress.warning(text);
      }
    };
  }

  private void images(List<BackupSource> sources, @Nullable Manifest previous) throws IOException {
    if (sources.isEmpty()) {
      return;
    }
    for (BackupSource source : sources) {
      var unused = reuse(previous, source.archive());
    }
    ImageUploads uploads = new ImageUploads(terminal, session, means);
    for (ImageUploads.Uploaded uploaded : uploads.run(sources)) {
      files.add(uploaded.file());
      stats = stats.plus(uploaded.stats());
    }
  }

  /** Nothing is begun before its first byte: an empty dump is one that failed. */
  private void stream(BackupSource source, @Nullable Manifest previous) throws IOException {
    try (StreamSource input = StreamSource.open(terminal, command)) {
      byte[] buffer = new byte[READ_BYTES];
      int got = input.content().read(buffer);
      if (got < 0) {
        input.end();
        throw BackupException.invalid(source.name() + ": " + input.name() + " gave nothing");
      }
      ArchiveName name = source.archive();
      Progress progress = new Progress(terminal, source.name(), reuse(previous, name));
      ArchiveUpload upload = ArchiveUpload.dynamic(session, name, means);
      long done = 0;
      try (OutputStream chunks =
          ChunkingOutputStream.dynamic(BuzhashChunker.PXAR_AVERAGE_BYTES, upload)) {
        for (; got >= 0; got = input.content().read(buffer)) {
          chunks.write(buffer, 0, got);
          done += got;
          progress.at(done);
        }
      }
      progress.at(done); // an interruption may look like the end of the stream
      input.end();
      ended(upload, progress);
      terminal.line(source.name() + ": " + HumanText.bytes(done));
    }
  }

  private void ended(ArchiveUpload upload, Progress progress) {
    files.add(upload.finish());
    progress.clear();
    stats = stats.plus(upload.stats());
  }

  private void file(BackupSource source) throws IOException {
    byte[] plain = content(source);
    blob(source.archive(), SmallFile.encode(source.path(), plain, protection.codec()));
    terminal.line(source.name() + ": " + HumanText.bytes(plain.length));
  }

  private byte[] content(BackupSource source) throws IOException {
    if (!source.isStandardInput()) {
      return SmallFile.read(source.path());
    }
    try (StreamSource input = StreamSource.open(terminal, command)) {
      byte[] plain = SmallFile.read(input.content());
      input.end();
      return plain;
    }
  }

  private void blob(ArchiveName name, byte[] encoded) {
    session.blob(name, encoded);
    files.add(new ManifestFile(name, protection.mode(), encoded.length, Digest.sha256(encoded)));
  }

  /** Encrypted in its own way already, with the master key. */
  private void wrappedKey(byte[] wrapped) {
    blob(ArchiveName.WRAPPED_KEY, BlobCodec.PLAIN.encode(wrapped, 0, wrapped.length, false));
  }

  static String summary(UploadStats stats) {
    long total = stats.uploadedBytes() + stats.reusedBytes();
    return "uploaded "
        + HumanText.bytes(stats.uploadedBytes())
        + " in "
        + HumanText.count(stats.uploadedChunks(), "new chunk", "new chunks")
        + " ("
        + HumanText.bytes(stats.encodedBytes())
        + " compressed), reused "
        + HumanText.bytes(stats.reusedBytes())
        + " ("
        + HumanText.percent(stats.reusedBytes(), total)
        + ")";
  }
}
