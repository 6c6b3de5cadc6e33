package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.peer.ArchiveUpload;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.ChunkWindow;
import dev.holdfast.replication.peer.KnownChunks;
import dev.holdfast.replication.peer.UploadMeans;
import dev.holdfast.replication.peer.UploadStats;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Sends snapshots of one group by ordinary backup sessions, one after the other (spec/engine.md §6,
 * point 6): to the target we are a client that happens to have everything ready.
 *
 * <pre>
 *   lock, manifest ─▶ session ─▶ last manifest ─┐
 *                            ├─▶ blob: checked, as it is ────────────────────────┬▶ log ─▶ manifest ─▶ finish
 *                            └─▶ index: checked; last index; unknown chunks ─────┘
 *                                as they are stored; entries; close
 * </pre>
 *
 * The files of a snapshot go side by side, because over a long line each step of each costs a round
 * trip. Nothing is decoded but for checks, so encrypted and signed snapshots arrive as they were
 * made. A file that is not what the manifest says is not sent: the session ends without a snapshot.
 *
 * <p>Waits for disk and peer: for virtual threads.
 */
final class SnapshotPush {
  /**
   * Servers before 3.3 free the group when they see the end of the last session, not when they
   * answer its finish (spec/protocols.md §8.3, 7). A new connection takes longer than that.
   */
  private static final int OPEN_ATTEMPTS_MAX = 5;

  /** A host has two or three, a machine with more disks than this gains nothing by more. */
  private static final int FILES_AT_ONCE = 4;

  private final PushEnds ends;
  private final Datastore local;
  private final GroupRun run;
  private final ChunkWindow window;
  private boolean finishedOne;

  SnapshotPush(PushEnds ends, GroupRun run) {
    this.ends = ends;
    this.local = ends.local();
    this.run = run;
    this.window = ends.window().ofChunks(ends.chunksInFlight());
  }

  /**
   * What crossed.
   *
   * @param chunks sent; the others were known
   * @param encodedBytes of these and of all blobs
   */
  record Sent(long chunks, long encodedBytes) {}

  /**
   * Sends one snapshot.
   *
   * @param hasPrevious whether the group has snapshots at the target
   * @throws BackupException naming the snapshot, also when the peer refuses; the target then lists
   *     nothing new
   */
  Sent push(Namespace from, Namespace to, SnapshotId snapshot, boolean hasPrevious) {
    try (Lease held = local.lockSnapshotShared(from, snapshot)) {
      Manifest manifest = local.manifest(from, snapshot);
      if (!manifest.snapshot().equals(snapshot)) {
        throw BackupException.corrupt("its manifest belongs to " + manifest.snapshot());
      }
      try (BackupSession session = open(to, snapshot)) {
        Aside<@Nullable Manifest> previous =
            Aside.start(() -> hasPrevious ? previousManifest(session) : null);
        Sent sent = new Sending(session, from, snapshot, previous).send(manifest);
        finishedOne = true;
        return sent;
      }
    } catch (BackupException e) {
      throw named(e, from, snapshot);
    }
  }

  private BackupSession open(Namespace to, SnapshotId snapshot) {
    int attempts = finishedOne ? OPEN_ATTEMPTS_MAX : 1;
    while (true) {
      try {
        return ends.target().openBackup(ends.remoteStore(), to, snapshot, false);
      } catch (BackupException e) {
        if (e.kind() != Kind.LOCKED || --attempts == 0) {
          throw e;
        }
        run.checkpoint();
      }
    }
  }

  private static BackupException named(BackupException cause, Namespace from, SnapshotId snapshot) {
    return new BackupException(cause.kind(), snapshot.timeText() + ": " + cause.text(), cause)
        .with("namespace", from)
        .with("snapshot", snapshot)
        .withFactsOf(cause);
  }

  // Without it everything is sent, which is slower and nothing worse.
  private @Nullable Manifest previousManifest(BackupSession session) {
    try {
      return Manifest.decodeBlob(session.previous(ArchiveName.MANIFEST));
    } catch (BackupException e) {
      return switch (e.kind()) {
        case PEER_UNREACHABLE, CANCELLED -> throw e;
        default -> {
          run.log("no use of chunks of the last backup at the target: " + e.text());
          yield null;
        }
      };
    }
  }

  /** One snapshot in its session. */
  private final class Sending {
    private final BackupSession session;
    private final Namespace from;
    private final SnapshotId snapshot;
    private final Aside<@Nullable Manifest> previous;
    private final KnownChunks known = new KnownChunks();
    private final LongAdder chunks = new LongAdder();
    private final LongAdder encodedBytes = new LongAdder();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    Sending(
        BackupSession session,
        Namespace from,
        SnapshotId snapshot,
        Aside<@Nullable Manifest> previous) {
      this.session = session;
      this.from = from;
      this.snapshot = snapshot;
      this.previous = previous;
    }

    Sent send(Manifest manifest) {
      SideBySide.forEach(manifest.files(), FILES_AT_ONCE, this::file);
      ArchiveName log = ArchiveName.CLIENT_LOG;
      if (manifest.file(log) == null && local.hasFile(from, snapshot, log)) {
        blob(log, local.readBlob(from, snapshot, log));
      }
      // Every file was compared with the manifest on its way, so the target's is the same.
      blob(ArchiveName.MANIFEST, manifest.encodeBlob());
      run.checkpoint();
      session.finish();
      return new Sent(chunks.sum(), encodedBytes.sum());
    }

    private void file(ManifestFile file) {
      try {
        checkpoint();
        if (file.name().isIndex()) {
          archive(file);
        } else {
          blob(file);
        }
      } catch (RuntimeException e) {
        failure.compareAndSet(null, e);
        throw e;
      }
    }

    /** The first failure of a file ends the others too, and is the one that is told. */
    private void checkpoint() {
      run.checkpoint();
      RuntimeException first = failure.get();
      if (first != null) {
        throw first;
      }
    }

    private void blob(ManifestFile file) {
      byte[] stored = local.readBlob(from, snapshot, file.name());
      Digest found = Digest.sha256(stored);
      if (stored.length != file.size() || !found.equals(file.csum())) {
        throw damaged(
            file.name(),
            "has "
                + stored.length
                + " bytes with SHA-256 "
                + found
                + ", the manifest says "
                + file.size()
                + " with "
                + file.csum(),
            null);
      }
      blob(file.name(), stored);
    }

    private void blob(ArchiveName name, byte[] encoded) {
      session.blob(name, encoded);
      encodedBytes.add(encoded.length);
    }

    private void archive(ManifestFile file) {
      ArchiveName name = file.name();
      ChunkIndex index = index(file);
      Aside<ArchiveUpload> begun = Aside.start(() -> begin(name, index));
      usePrevious(name);
      ArchiveUpload upload = begun.await();
      for (int i = 0; i < index.chunkCount(); i++) {
        checkpoint();
        Digest digest = index.digest(i);
        upload.stored(digest, index.chunkBytes(i), () -> chunk(name, digest));
      }
      ManifestFile there = upload.finish();
      if (!there.csum().equals(file.csum())) {
        throw damaged(
            name,
            "was sent with checksum " + there.csum() + ", the manifest says " + file.csum(),
            null);
      }
      UploadStats stats = upload.stats();
      chunks.add(stats.uploadedChunks());
      encodedBytes.add(stats.encodedBytes());
    }

    private ArchiveUpload begin(ArchiveName name, ChunkIndex index) {
      UploadMeans means = new UploadMeans(known, ends.workers());
      return name.kind() == ArchiveName.Kind.FIXED_INDEX
          ? ArchiveUpload.fixed(session, name, index.contentBytes(), means, window)
          : ArchiveUpload.dynamic(session, name, means, window);
    }

    private void usePrevious(ArchiveName name) {
      Manifest last = previous.await();
      if (last != null && last.file(name) != null) {
        String why = known.addPreviousStored(session, last, name);
        if (why != null) {
          run.log(why);
        }
      }
    }

    private ChunkIndex index(ManifestFile file) {
      ChunkIndex index = local.readIndex(from, snapshot, file.name(), file.csum());
      if (index.contentBytes() != file.size()) {
        throw damaged(
            file.name(),
            "has " + index.contentBytes() + " bytes, the manifest says " + file.size(),
            null);
      }
      return index;
    }

    /** On a worker. The target compares content and digest; of encrypted ones nobody could. */
    private byte[] chunk(ArchiveName name, Digest digest) {
      try {
        byte[] encoded = local.chunks().read(digest);
        DataBlob.checkCrc(encoded, encoded.length);
        return encoded;
      } catch (BackupException e) {
        throw switch (e.kind()) {
          case NOT_FOUND ->
              damaged(name, "needs chunk " + digest + ", which is missing", e)
                  .with("digest", digest);
          case CORRUPT_DATA, INVALID_INPUT ->
              damaged(name, "needs chunk " + digest + ", which is damaged: " + e.text(), e)
                  .with("digest", digest);
          default -> e;
        };
      }
    }

    private BackupException damaged(
        ArchiveName name, String what, @Nullable BackupException cause) {
      return new BackupException(Kind.CORRUPT_DATA, name + " " + what, cause)
          .with("datastore", local.name())
          .with("archive", name)
          .advise("Verify the snapshot; it can be mended from another copy.");
    }
  }
}
