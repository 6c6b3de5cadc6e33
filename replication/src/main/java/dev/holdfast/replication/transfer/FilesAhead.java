package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.replication.peer.StoredSnapshot;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The files of a snapshot in the order of its manifest, asked for ahead, because a snapshot with
 * little new in it costs mostly round trips. For one thread.
 */
final class FilesAhead {
  /** A guest has a configuration, a log and a few disks. */
  private static final int FILES_AHEAD_MAX = 4;

  /** By estimate; one file always goes. The index of a disk of 1 TiB is 10 MB. */
  private static final long BYTES_AHEAD_MAX = 4 << 20;

  // An entry of 40 bytes for chunks of 4 MiB and, of files, of seldom less than half of that.
  private static final int ENTRY_BYTES = 40;
  private static final int CHUNK_BYTES = 2 << 20;

  private final StoredSnapshot session;
  private final ArrayDeque<ManifestFile> files;
  private final ArrayDeque<Ahead> ahead = new ArrayDeque<>();
  private long aheadBytes;
  private final Aside<byte @Nullable []> log;

  private record Ahead(Aside<byte[]> content, long bytes) {}

  FilesAhead(StoredSnapshot session, Manifest manifest) {
    this.session = session;
    this.files = new ArrayDeque<>(manifest.files());
    this.log = Aside.start(() -> clientLog(session));
  }

  /** Asks for the first files; without it, that happens when the first is wanted. */
  void start() {
    fill();
  }

  /** The next file as the source stores it, unchecked. */
  byte[] next() {
    fill();
    Ahead next = ahead.remove();
    byte[] content = next.content().await();
    aheadBytes -= next.bytes();
    fill();
    return content;
  }

  /** The client's log, its frame checked; null when there is none. */
  byte @Nullable [] clientLog() {
    return log.await();
  }

  private static byte @Nullable [] clientLog(StoredSnapshot session) {
    try {
      byte[] log = session.download(ArchiveName.CLIENT_LOG, DataBlob.BLOB_ENCODED_BYTES_MAX);
      DataBlob.checkCrc(log, log.length);
      return log;
    } catch (BackupException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return null;
      }
      throw e;
    }
  }

  private void fill() {
    while (!files.isEmpty() && ahead.size() < FILES_AHEAD_MAX) {
      long bytes = estimate(files.element());
      if (!ahead.isEmpty() && aheadBytes + bytes > BYTES_AHEAD_MAX) {
        return;
      }
      ManifestFile file = files.remove();
      ahead.add(new Ahead(Aside.start(() -> download(file)), bytes));
      aheadBytes += bytes;
    }
  }

  private static long estimate(ManifestFile file) {
    return file.name().isIndex() ? file.size() / CHUNK_BYTES * ENTRY_BYTES : file.size();
  }

  private byte[] download(ManifestFile file) {
    return file.name().isIndex()
        ? session.download(file.name())
        : session.download(file.name(), DataBlob.BLOB_ENCODED_BYTES_MAX);
  }
}
