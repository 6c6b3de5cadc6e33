package dev.holdfast.node.session;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.chunk.InsertResult;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.FixedIndex;
import dev.holdfast.chunkstore.index.FixedIndexWriter;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one backup session knows, and the rules of spec/protocols.md §4.4–4.5 on it. Blocking; calls
 * come one at a time (the session's queue sees to it), chunk checks and inserts excepted, which
 * happen outside.
 *
 * <p>The rule that carries the rest: a digest may be referenced only when it was uploaded in this
 * session or is listed by an index of the previous snapshot that the client fetched, whatever the
 * store holds. It is the access rule (to know a digest must not give its content) and the guard
 * against garbage collection.
 */
final class BackupState {
  /** The limit of the protocol's schema: at most so many archives in a snapshot. */
  static final int WRITERS_MAX = 256;

  /** The server alone decides the chunk size of fixed indexes. */
  static final int FIXED_CHUNK_BYTES = 4 << 20;

  private final Datastore store;
  private final Namespace namespace;
  private final SnapshotWriter writer;
  private final @Nullable SnapshotId last;
  private final Consumer<String> log;

  private final Map<Digest, Integer> known = new HashMap<>();
  private final Map<Integer, IndexUpload> open = new HashMap<>();
  private UploadStatistics total = UploadStatistics.NONE;
  private int writersCreated;
  private int files;
  private Phase phase = Phase.ACTIVE;

  private enum Phase {
    ACTIVE,
    /** A finish got as far as the manifest: whatever became of it, there is no second one. */
    FINISHING,
    FINISHED
  }

  /**
   * @param last the newest finished snapshot whose verification did not fail; its shared lock is
   *     held by the caller
   * @param log receives the lines of the task log
   */
  BackupState(
      Datastore store,
      Namespace namespace,
      SnapshotWriter writer,
      @Nullable SnapshotId last,
      Consumer<String> log) {
    this.store = store;
    this.namespace = namespace;
    this.writer = writer;
    this.last = last;
    this.log = log;
  }

  boolean finished() {
    return phase == Phase.FINISHED;
  }

  /** The snapshot's path as the log shows it, {@code "ns/a/host/x/2024-…"}. */
  String logPath() {
    return "\"" + store.relativePath(namespace, writer.snapshot()) + "\"";
  }

  private String logPath(ArchiveName name) {
    return "\"" + store.relativePath(namespace, writer.snapshot()) + "/" + name + "\"";
  }

  int createDynamic(String archiveName) {
    requireActive();
    ArchiveName name = archive(archiveName, ".didx");
    int wid = register(new IndexUpload.Dynamic(name, writer.dynamicIndex(name)));
    log.accept("created new dynamic index " + wid + " (" + logPath(name) + ")");
    return wid;
  }

  /**
   * With {@code reuse} (the checksum of the previous index of that name) the digests of the
   * previous snapshot are copied.
   *
   * @param contentBytes empty when the client does not know it yet: the index grows then
   */
  int createFixed(String archiveName, OptionalLong contentBytes, @Nullable Digest reuse) {
    requireActive();
    ArchiveName name = archive(archiveName, ".fidx");
    FixedIndexWriter index =
        reuse == null ? newFixed(name, contentBytes) : continued(name, contentBytes, reuse);
    int wid = register(new IndexUpload.Fixed(name, index, reuse != null));
    log.accept("created new fixed index " + wid + " (" + logPath(name) + ")");
    return wid;
  }

  private FixedIndexWriter newFixed(ArchiveName name, OptionalLong contentBytes) {
    return contentBytes.isPresent()
        ? writer.fixedIndex(name, contentBytes.getAsLong(), FIXED_CHUNK_BYTES)
        : writer.growingFixedIndex(name, FIXED_CHUNK_BYTES);
  }

  private FixedIndexWriter continued(ArchiveName name, OptionalLong contentBytes, Digest reuse) {
    if (contentBytes.isEmpty()) {
      throw BackupException.invalid("size is required for incremental backups");
    }
    FixedIndex base = baseFor(name, contentBytes.getAsLong(), reuse);
    FixedIndexWriter index = newFixed(name, contentBytes);
    index.copyFrom(base);
    return index;
  }

  private FixedIndex baseFor(ArchiveName name, long contentBytes, Digest expected) {
    if (last == null) {
      throw BackupException.invalid("cannot reuse index - no valid previous backup exists");
    }
    ChunkIndex index;
    try {
      index = store.readIndex(namespace, last, name);
    } catch (BackupException e) {
      throw new BackupException(
          Kind.INVALID_INPUT, "cannot reuse index - no previous backup exists for archive", e);
    }
    if (!(index instanceof FixedIndex base)) {
      throw BackupException.invalid("cannot reuse index - no previous backup exists for archive");
    }
    if (!base.checksum().equals(expected)) {
      throw BackupException.invalid(
          "expected csum ("
              + expected
              + ") doesn't match last backup's ("
              + base.checksum()
              + "), cannot do incremental backup");
    }
    long chunks = (contentBytes + FIXED_CHUNK_BYTES - 1) / FIXED_CHUNK_BYTES;
    if (base.chunkCount() != chunks) {
      throw BackupException.invalid(
          "cannot reuse index - index sizes not equal ("
              + chunks
              + " != "
              + base.chunkCount()
              + ")");
    }
    return base;
  }

  private int register(IndexUpload upload) {
    if (writersCreated >= WRITERS_MAX) {
      upload.discard();
      throw BackupException.invalid("too many archives in one backup (max " + WRITERS_MAX + ")");
    }
    int wid = ++writersCreated;
    open.put(wid, upload);
    return wid;
  }

  private static ArchiveName archive(String text, String extension) {
    if (!text.endsWith(extension)) {
      throw BackupException.invalid("wrong archive extension: '" + text + "'");
    }
    return new ArchiveName(text);
  }

  /** A chunk was checked and stored: from now on it may be referenced. */
  void chunkStored(
      String kind, int wid, Digest digest, int plainBytes, int encodedBytes, InsertResult stored) {
    requireActive();
    IndexUpload upload = writer(kind, wid);
    if (upload instanceof IndexUpload.Fixed fixed) {
      fixed.checkUpload(wid, plainBytes);
    }
    upload.uploaded(plainBytes, encodedBytes, stored.duplicate());
    known.put(digest, plainBytes);
  }

  /** Entries before a failing one stay applied. */
  void append(String kind, int wid, List<Digest> digests, List<Long> offsets) {
    requireActive();
    if (digests.size() != offsets.size()) {
      throw BackupException.invalid(
          "offset list has wrong length (" + offsets.size() + " != " + digests.size() + ")");
    }
    IndexUpload upload = writer(kind, wid);
    for (int i = 0; i < digests.size(); i++) {
      Integer plainBytes = known.get(digests.get(i));
      if (plainBytes == null) {
        throw BackupException.invalid("no such chunk " + digests.get(i));
      }
      upload.append(digests.get(i), plainBytes, offsets.get(i));
    }
  }

  /**
   * After a refused close the writer stays, so that {@link #finish} cannot pass without that
   * archive.
   */
  void close(String kind, int wid, long chunkCount, long contentBytes, Digest checksum) {
    requireActive();
    IndexUpload upload = writer(kind, wid);
    upload.close(chunkCount, contentBytes, checksum);
    open.remove(wid);
    files++;
    total = total.plus(upload.statistics);
    logStatistics(upload, checksum);
    log.accept("successfully closed " + kind + " index " + wid);
  }

  private void logStatistics(IndexUpload upload, Digest checksum) {
    UploadStatistics s = upload.statistics;
    long size = Math.max(1, upload.contentBytes());
    log.accept("Upload statistics for '" + upload.name + "'");
    log.accept("UUID: " + upload.uuid().toString().replace("-", ""));
    log.accept("Checksum: " + checksum);
    log.accept("Size: " + upload.contentBytes());
    log.accept("Chunk count: " + upload.appended);
    log.accept("Upload size: " + s.plainBytes() + " (" + s.plainBytes() * 100 / size + "%)");
    long reused = Math.max(0, upload.appended - s.chunks());
    if (reused + s.duplicates() > 0) {
      log.accept(
          "Duplicates: "
              + reused
              + "+"
              + s.duplicates()
              + " ("
              + (reused + s.duplicates()) * 100 / Math.max(1, upload.appended)
              + "%)");
    }
    if (s.plainBytes() > 0) {
      log.accept("Compression: " + s.encodedBytes() * 100 / s.plainBytes() + "%");
    }
  }

  private IndexUpload writer(String kind, int wid) {
    IndexUpload upload = open.get(wid);
    if (upload == null || !upload.kind.equals(kind)) {
      throw BackupException.invalid(kind + " writer '" + wid + "' not registered");
    }
    return upload;
  }

  /** A blob, checked already. A second one of the same name replaces the first. */
  void blob(ArchiveName name, byte[] encoded) {
    requireActive();
    writer.blob(name, encoded);
    files++;
    total = total.plusBlob(encoded.length);
    log.accept(
        "add blob "
            + logPath(name)
            + " ("
            + encoded.length
            + " bytes, comp: "
            + encoded.length
            + ")");
  }

  OptionalLong previousTime() {
    return last == null || finished() ? OptionalLong.empty() : OptionalLong.of(last.time());
  }

  /**
   * Where the file of the previous snapshot is; the chunks of an index become known before the
   * client has it.
   */
  ArchiveName previous(String archiveName) {
    SnapshotId base = requirePrevious();
    ArchiveName name = new ArchiveName(archiveName);
    if (name.isIndex()) {
      log.accept("register chunks in '" + name + "' from previous backup.");
      register(SessionFiles.index(store, namespace, base, name));
    } else {
      log.accept("download '" + name + "' from previous backup '" + base + "'.");
    }
    return name;
  }

  SnapshotId requirePrevious() {
    if (last == null) {
      throw BackupException.invalid("no valid previous backup");
    }
    return last;
  }

  private void register(ChunkIndex index) {
    for (int i = 0; i < index.chunkCount(); i++) {
      known.put(index.digest(i), (int) (index.end(i) - index.start(i)));
    }
  }

  /** Writes the manifest, with the session's statistics in it: from then on there is a snapshot. */
  void finish() {
    requireActive();
    if (!open.isEmpty()) {
      throw BackupException.invalid("found open index writer - unable to finish backup");
    }
    if (files == 0) {
      throw BackupException.invalid("backup does not contain valid files (file count == 0)");
    }
    if (last != null && !store.isFinished(namespace, last)) {
      throw BackupException.invalid(
          "base snapshot "
              + last
              + " was removed during backup, cannot finish as chunks might be missing");
    }
    phase = Phase.FINISHING;
    writer.finish(this::withStatistics);
    phase = Phase.FINISHED;
    log.accept("successfully finished backup");
  }

  private Manifest withStatistics(Manifest manifest) {
    ObjectNode stats = JsonNodeFactory.instance.objectNode();
    stats.put("compressed_size", total.encodedBytes());
    stats.put("count", total.chunks());
    stats.put("duplicates", total.duplicates());
    stats.put("size", total.plainBytes());
    return manifest.withUnprotected("chunk_upload_stats", stats);
  }

  /** Removes what an unfinished session wrote. Its chunks stay for garbage collection. */
  void discard() {
    List<IndexUpload> left = new ArrayList<>(open.values());
    open.clear();
    left.forEach(IndexUpload::discard);
    if (!finished()) {
      writer.abort();
    }
  }

  private void requireActive() {
    switch (phase) {
      case ACTIVE -> {}
      case FINISHING ->
          throw BackupException.invalid("backup is already in the process of finishing.");
      case FINISHED -> throw BackupException.invalid("backup already marked as finished.");
    }
  }
}
