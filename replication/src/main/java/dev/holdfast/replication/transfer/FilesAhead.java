package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.replication.peer.ReaderSession;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The files of a snapshot in the order of its manifest, asked for ahead, because a snapshot with
 * little new in it costs mostly round trips. For one thread.
 */
final class FilesAhead {
  /** A guest has a configuration, a log and a few disks; an index of 1 TiB is 10 MB. */
  private static final int AHEAD_MAX = 4;

  private final ReaderSession session;
  private final Iterator<ManifestFile> files;
  private final ArrayDeque<Aside<byte[]>> ahead = new ArrayDeque<>();
  private final Aside<byte @Nullable []> log;

  FilesAhead(ReaderSession session, Manifest manifest) {
    this.session = session;
    this.files = manifest.files().iterator();
    this.log = Aside.start(() -> clientLog(session));
  }

  /** Asks for the first files; without it, that happens when the first is wanted. */
  void start() {
    fill();
  }

  /** The next file as the source stores it, unchecked. */
  byte[] next() {
    fill();
    Aside<byte[]> next = ahead.remove();
    byte[] content = next.await();
    fill();
    return content;
  }

  /** The client's log; null when there is none. */
  byte @Nullable [] clientLog() {
    return log.await();
  }

  /** Asks for the client's log, and waits; null when there is none. */
  static byte @Nullable [] clientLog(ReaderSession session) {
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
    while (ahead.size() < AHEAD_MAX && files.hasNext()) {
      ManifestFile file = files.next();
      ahead.add(Aside.start(() -> download(file)));
    }
  }

  private byte[] download(ManifestFile file) {
    return file.name().isIndex()
        ? session.download(file.name())
        : session.download(file.name(), DataBlob.BLOB_ENCODED_BYTES_MAX);
  }
}
