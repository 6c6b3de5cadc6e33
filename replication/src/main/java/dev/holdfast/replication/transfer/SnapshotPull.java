package dev.holdfast.replication.transfer;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.ByteSize;
import dev.holdfast.replication.plan.SyncPlan.GroupPlan;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.SkipReason;
import dev.holdfast.replication.plan.SyncPlan.Transfer;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Pulls one snapshot (spec/engine.md §5.6): a new one whole, its manifest last and byte for byte
 * the source's; of one that is here already, only what may change after a backup's end. The caller
 * holds the group's lock.
 *
 * <p>Whatever goes wrong, nothing half-finished is listed afterwards; the chunks that came stay,
 * and the next run finds them.
 */
final class SnapshotPull {
  private final PullEnds ends;
  private final Datastore local;
  private final GroupRun run;
  private final Namespace from;
  private final Namespace target;
  private final SnapshotId id;
  private final Reason reason;

  private SnapshotPull(PullEnds ends, GroupPlan group, Transfer transfer, GroupRun run) {
    this.ends = ends;
    this.local = ends.local();
    this.run = run;
    this.from = group.source();
    this.target = group.target();
    this.id = group.group().at(transfer.time());
    this.reason = transfer.reason();
  }

  /**
   * Waits until it is here; tells so in the run.
   *
   * @param snapshots gives this one next
   * @throws BackupException naming the snapshot; CORRUPT_DATA when the source gives something else
   *     than its manifest says, ALREADY_EXISTS when the copy here has another content
   */
  static void pull(
      PullEnds ends, GroupPlan group, Transfer transfer, SnapshotsAhead snapshots, GroupRun run) {
    SnapshotPull pull = new SnapshotPull(ends, group, transfer, run);
    try {
      pull.pull(snapshots);
    } catch (BackupException e) {
      throw pull.named(e);
    }
  }

  private void pull(SnapshotsAhead snapshots) {
    run.checkpoint();
    Optional<SnapshotSource> opened = snapshots.next();
    if (opened.isEmpty()) {
      run.log(id.timeText() + ": skipped because vanished since start of sync");
      return;
    }
    try (SnapshotSource source = opened.get()) {
      Optional<SkipReason> unselected = unselected(source.manifest());
      if (unselected.isPresent()) {
        run.log(id.timeText() + ": skipped, " + unselected.get().text());
      } else if (!local.isFinished(target, id)) {
        run.log(id.timeText() + ": start sync");
        copy(source, local.beginSnapshot(target, id));
      } else if (!local.info(target, id).isFinished()) {
        replaceDamaged(source);
      } else if (reason == Reason.DAMAGED) {
        heal(source);
      } else {
        run.log("re-sync snapshot " + id.timeText());
        recheck(source);
      }
    }
  }

  private Optional<SkipReason> unselected(Manifest manifest) {
    VerifyState verified = manifest.verifyState();
    return SkipReason.unselected(
        ends.rules(),
        () -> verified != null && verified.state() == VerifyState.State.OK,
        () -> manifest.files().stream().allMatch(file -> file.crypt() == CryptMode.ENCRYPT));
  }

  /** What a verification found damaged comes again; its damaged chunks were set aside by that. */
  private void heal(SnapshotSource source) {
    requireSameContent(
        Manifest.decodeBlob(local.readBlob(target, id, ArchiveName.MANIFEST)), source);
    if (local.isProtected(target, id)) {
      run.log(id.timeText() + ": skipped, " + SkipReason.DAMAGED_PROTECTED.text());
      return;
    }
    run.log("re-sync snapshot " + id.timeText() + " due to corruption");
    copy(source, local.reopenSnapshot(target, id));
  }

  /** What has a manifest that cannot be read is of use to nobody as it is. */
  private void replaceDamaged(SnapshotSource source) {
    if (local.isProtected(target, id)) {
      throw BackupException.corrupt(
              "the manifest here cannot be read, and the snapshot is protected")
          .advise("Take the protection away, and the next sync replaces it.");
    }
    run.log("re-sync snapshot " + id.timeText() + " due to corruption");
    copy(source, local.reopenSnapshot(target, id));
  }

  /**
   * @param writer ended here
   */
  private void copy(SnapshotSource source, SnapshotWriter writer) {
    ChunkSessions sessions = new ChunkSessions(ends, from, id, source.session());
    ChunkPull chunks = new ChunkPull(ends, sessions, run);
    long fileBytes = source.manifestBlob().length;
    try (writer) {
      // An index is put there when its chunks are, so that garbage collection finds them all.
      Map<ArchiveName, byte[]> last = new LinkedHashMap<>();
      for (ManifestFile file : source.manifest().files()) {
        run.checkpoint();
        run.log(id.timeText() + "/" + file.name() + ": sync archive");
        byte[] content = source.files().next();
        fileBytes += content.length;
        if (file.name().isIndex()) {
          chunks.archive(file, checkedIndex(file, content));
          last.put(file.name(), content);
        } else {
          checkBlob(file, content);
          ends.workers().run(() -> writer.rawFile(file.name(), content));
        }
      }
      chunks.join();
      byte[] log = source.files().clientLog();
      if (log != null) {
        last.put(ArchiveName.CLIENT_LOG, log);
        fileBytes += log.length;
      }
      run.checkpoint();
      ends.workers()
          .run(
              () -> {
                last.forEach(writer::rawFile);
                writer.finishWith(source.manifestBlob());
              });
    } finally {
      sessions.close();
      chunks.quiesce();
    }
    done(source, chunks.chunks(), chunks.encodedBytes() + fileBytes, true);
  }

  private ChunkIndex checkedIndex(ManifestFile file, byte[] content) {
    ChunkIndex index =
        ends.workers()
            .call(
                () ->
                    ChunkIndex.parse(content, file.name(), ends.source().toString(), file.csum()));
    requireSame(file, "content size", index.contentBytes(), file.size());
    return index;
  }

  private void checkBlob(ManifestFile file, byte[] content) {
    requireSame(file, "size", (long) content.length, file.size());
    requireSame(file, "checksum", ends.workers().call(() -> Digest.sha256(content)), file.csum());
  }

  private static void requireSame(ManifestFile file, String what, Object found, Object expected) {
    if (!found.equals(expected)) {
      throw BackupException.corrupt(
              "archive "
                  + file.name()
                  + " at the source has "
                  + what
                  + " "
                  + found
                  + ", its manifest says "
                  + expected)
          .with("archive", file.name());
    }
  }

  /** It is here: the manifest tells whether there is anything to take over. */
  private void recheck(SnapshotSource source) {
    byte[] ours = local.readBlob(target, id, ArchiveName.MANIFEST);
    byte[] log =
        local.hasFile(target, id, ArchiveName.CLIENT_LOG) ? null : source.files().clientLog();
    if (!Arrays.equals(ours, source.manifestBlob())) {
      takeOver(Manifest.decodeBlob(ours), source, log);
    } else if (log != null) {
      local.addClientLog(target, id, log);
      run.log(id.timeText() + ": got backup log file " + ArchiveName.CLIENT_LOG);
      done(source, 0, log.length, false);
    } else {
      run.log(id.timeText() + ": no data changes");
    }
  }

  private void takeOver(Manifest ours, SnapshotSource source, byte @Nullable [] log) {
    requireSameContent(ours, source);
    if (local.isProtected(target, id)) {
      run.log(id.timeText() + ": changed at the source, but protected here");
      return;
    }
    try (SnapshotWriter writer = local.reopenSnapshot(target, id)) {
      ends.workers()
          .run(
              () -> {
                if (log != null) {
                  writer.rawFile(ArchiveName.CLIENT_LOG, log);
                }
                writer.finishWith(source.manifestBlob());
              });
    }
    done(source, 0, source.manifestBlob().length + (log == null ? 0 : log.length), false);
  }

  private static void requireSameContent(Manifest ours, SnapshotSource source) {
    if (!ours.sameContent(source.manifest())) {
      throw new BackupException(
              Kind.ALREADY_EXISTS,
              "refusing to overwrite local snapshot: content differs from source")
          .advise("Find out which of the two is right, and remove the other one.");
    }
  }

  private void done(SnapshotSource source, long chunks, long encodedBytes, boolean dataChanged) {
    Duration took = Duration.between(source.begin(), ends.clock().instant());
    double seconds = Math.max(took.toMillis(), 1) / 1000.0;
    run.log(
        id.timeText()
            + ": sync done, downloaded "
            + ByteSize.text(encodedBytes)
            + " ("
            + ByteSize.text((long) (encodedBytes / seconds))
            + "/s)");
    run.transferred(new Transferred(target, id, reason, took, chunks, encodedBytes, dataChanged));
  }

  private BackupException named(BackupException cause) {
    return new BackupException(cause.kind(), id.timeText() + ": " + cause.text(), cause)
        .with("namespace", target)
        .with("snapshot", id)
        .withFactsOf(cause);
  }
}
