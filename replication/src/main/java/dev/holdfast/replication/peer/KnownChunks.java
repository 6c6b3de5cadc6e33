package dev.holdfast.replication.peer;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.Protection;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that a backup session may refer to without sending them: those of the indexes asked
 * for with {@code previous}, and those sent in it. One per session, shared by its archives. Only
 * what is in here may be appended, whatever the server's store holds (spec/protocols.md §4.4).
 */
public final class KnownChunks {
  private static final CompletableFuture<Void> STORED = CompletableFuture.completedFuture(null);

  private final ConcurrentHashMap<Digest, CompletableFuture<Void>> uploads =
      new ConcurrentHashMap<>();

  /** Adds the chunks of an index that this session downloaded with {@code previous}. */
  public void add(ChunkIndex index) {
    for (int i = 0; i < index.chunkCount(); i++) {
      uploads.putIfAbsent(index.digest(i), STORED);
    }
  }

  /**
   * Adds what the last backup has of an archive, if its chunks have the same names as ours and the
   * index that the server gives is the one that the manifest means; any doubt means no reuse, never
   * an error (spec/protocols.md §5.1).
   *
   * @param previous made with the same key, if it was made with one
   * @return null when the chunks are known now, else why not, for the log
   */
  public @Nullable String addPrevious(
      BackupSession session, @Nullable Manifest previous, ArchiveName name, Protection protection) {
    return previous(session, previous, name, protection).refused();
  }

  /**
   * As {@link #addPrevious}, for chunks that are sent as they are stored: the digest of an
   * encrypted one covers its key, so that equal digests mean equal content here too.
   */
  public @Nullable String addPreviousStored(
      BackupSession session, @Nullable Manifest previous, ArchiveName name) {
    return previousStored(session, previous, name).refused();
  }

  /**
   * What the last backup has of an archive.
   *
   * @param index whose chunks are known now, or null
   * @param refused why not, or null
   */
  public record Previous(@Nullable ChunkIndex index, @Nullable String refused) {
    static Previous refused(String why) {
      return new Previous(null, why);
    }
  }

  /** As {@link #addPrevious}, with the index. */
  public Previous previous(
      BackupSession session, @Nullable Manifest previous, ArchiveName name, Protection protection) {
    ManifestFile file = previous == null ? null : previous.file(name);
    if (file != null && !protection.namesChunksAs(file.crypt())) {
      return Previous.refused(
          name
              + " of the last backup has crypt mode "
              + file.crypt()
              + ", this one "
              + protection.mode());
    }
    return previousStored(session, previous, name);
  }

  private Previous previousStored(
      BackupSession session, @Nullable Manifest previous, ArchiveName name) {
    ManifestFile file = previous == null ? null : previous.file(name);
    if (file == null) {
      return Previous.refused("the last backup has no " + name);
    }
    try {
      ChunkIndex index =
          ChunkIndex.parse(session.previous(name), name, session.peer(), file.csum());
      if (index.contentBytes() != file.size()) {
        return Previous.refused(
            name
                + " of the last backup has "
                + index.contentBytes()
                + " bytes, its manifest says "
                + file.size());
      }
      add(index);
      return new Previous(index, null);
    } catch (BackupException e) {
      return switch (e.kind()) {
        // The session itself is gone: the backup cannot go on, with or without reuse.
        case PEER_UNREACHABLE, CANCELLED -> throw e;
        default -> Previous.refused("cannot use " + name + " of the last backup: " + e.text());
      };
    }
  }

  /** Whether it needs no upload, as far as is known now. */
  public boolean contains(Digest digest) {
    return uploads.containsKey(digest);
  }

  public int size() {
    return uploads.size();
  }

  /**
   * Claims a chunk.
   *
   * @param mine completed by the caller when it has uploaded the chunk
   * @return null if it is the caller's to upload; else done when the chunk is stored
   */
  @Nullable CompletableFuture<Void> claim(Digest digest, CompletableFuture<Void> mine) {
    return uploads.putIfAbsent(digest, mine);
  }
}
