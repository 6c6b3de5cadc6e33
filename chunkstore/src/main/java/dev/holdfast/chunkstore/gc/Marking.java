package dev.holdfast.chunkstore.gc;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.DigestSet;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.index.IndexScan;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Spliterators;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads every index of a datastore while snapshots come and go, so that whatever is restorable
 * afterwards was seen, or was written by somebody whose chunks are spared for their access time
 * ({@link GroupMarking}).
 */
final class Marking {
  enum Seen {
    /** All its indexes were read, and its manifest is there. */
    WHOLE,
    /** Without a manifest: being written, or being removed. */
    UNSETTLED,
    VANISHED
  }

  private final FileOps files;
  private final Path base;
  private final GcWatcher watcher;
  private final DigestSet referenced;

  /** What the indexes hold that were read, by the checksums of their headers. */
  private final Map<Digest, IndexScan.Summary> read = new ConcurrentHashMap<>();

  private final Set<Path> damaged = ConcurrentHashMap.newKeySet();
  private final AtomicLong indexFiles = new AtomicLong();
  private final AtomicLong indexFilesTotal = new AtomicLong();
  private final AtomicLong indexDataBytes = new AtomicLong();
  private final AtomicLong references = new AtomicLong();

  Marking(Datastore store, DigestSet referenced, GcWatcher watcher) {
    this.files = store.files();
    this.base = store.base();
    this.watcher = watcher;
    this.referenced = referenced;
  }

  /** A part of the work, of which several threads do one each, with a trail of their own. */
  @FunctionalInterface
  interface Step {
    void take(Trail trail);
  }

  /** All there is to do, found as it goes. */
  Iterator<Step> steps() {
    Iterator<IndexTree.Place> places = new IndexTree(files, base);
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(places, 0), false)
        .flatMap(this::steps)
        .iterator();
  }

  private Stream<Step> steps(IndexTree.Place place) {
    return switch (place) {
      case IndexTree.Group group -> new GroupMarking(this, group.path()).steps();
      case IndexTree.Stray stray -> Stream.of(trail -> stray(stray.path(), trail));
    };
  }

  /** For one thread. */
  Trail trail() {
    return new Trail(referenced);
  }

  /**
   * Looks at snapshots that were moved meanwhile, which may have left a place before its turn for
   * one after it.
   */
  void relocated(Path snapshot, Trail trail) {
    watcher.checkStop();
    // When it has gone on, its next place was announced as well.
    Seen unused = snapshot(snapshot, null, trail);
  }

  long indexFileCount() {
    return indexFiles.get();
  }

  long indexDataBytes() {
    return indexDataBytes.get();
  }

  /** Of all indexes, repeated ones too. */
  long referenceCount() {
    return references.get();
  }

  private void stray(Path file, Trail trail) {
    watcher.warn("found an index file outside of all groups: \"" + relative(file) + "\"");
    indexFilesTotal.incrementAndGet();
    var unused = index(file, null, trail);
  }

  List<String> newestFirst(Path group) {
    List<String> names = list(group);
    names.sort(Collections.reverseOrder());
    return names;
  }

  private List<String> list(Path directory) {
    try {
      return IndexTree.names(files, directory);
    } catch (IOException e) {
      throw FileErrors.of("cannot collect garbage safely: cannot read directory", directory, e);
    }
  }

  /**
   * A name in a group's directory: owner, notes, a snapshot, or something that is not ours.
   *
   * @param older the snapshot whose archives are the likeliest to be the same, if there is one
   */
  Seen entry(Path path, @Nullable Path older, Trail trail) {
    watcher.checkStop();
    FileOps.Stat stat;
    try {
      stat = files.stat(path);
    } catch (IOException e) {
      throw FileErrors.of("cannot collect garbage safely: cannot look at", path, e);
    }
    if (stat == null) {
      return Seen.VANISHED;
    }
    if (stat.isDirectory()) {
      return snapshot(path, older, trail);
    }
    if (IndexTree.isIndex(String.valueOf(path.getFileName()))) {
      stray(path, trail);
    }
    return Seen.WHOLE;
  }

  private Seen snapshot(Path directory, @Nullable Path older, Trail trail) {
    List<String> names = list(directory);
    List<String> indexes = names.stream().filter(IndexTree::isIndex).toList();
    indexFilesTotal.addAndGet(indexes.size());
    boolean vanished = false;
    for (String name : indexes) {
      Path same = older == null ? null : older.resolve(name);
      vanished |= !index(directory.resolve(name), same, trail);
    }
    if (vanished) {
      return Seen.VANISHED;
    }
    return names.contains(ArchiveName.MANIFEST.text()) ? Seen.WHOLE : Seen.UNSETTLED;
  }

  /**
   * False when it is gone.
   *
   * @param older whose turn is to come, and which may be the same
   */
  private boolean index(Path file, @Nullable Path older, Trail trail) {
    watcher.checkStop();
    try (IndexScan scan = IndexScan.open(files, file)) {
      IndexScan.Summary content = read.get(scan.checksum());
      if (content == null || !isProven(content) || !manifestAgrees(file, scan.checksum())) {
        boolean repeated = content != null || isChecksum(scan.checksum(), older);
        content = read(file, scan, repeated, trail);
      }
      indexDataBytes.addAndGet(content.contentBytes());
      references.addAndGet(content.chunkCount());
      watcher.marked(indexFiles.incrementAndGet(), indexFilesTotal.get());
      return true;
    } catch (BackupException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        indexFilesTotal.decrementAndGet();
        return false;
      }
      throw e.kind() == Kind.CORRUPT_DATA ? unsafe(e) : e;
    }
  }

  private static boolean isProven(IndexScan.Summary content) {
    return content.entries() == IndexScan.Entries.INTACT;
  }

  /** Whether an index that is still to be looked at says that it is the same. */
  private boolean isChecksum(Digest checksum, @Nullable Path other) {
    if (other == null) {
      return false;
    }
    try (IndexScan scan = IndexScan.open(files, other)) {
      return scan.checksum().equals(checksum);
    } catch (BackupException e) {
      return false; // which its own turn will tell
    }
  }

  /**
   * @param repeated hashed then, so that the others need not be read; hashing all would take longer
   *     than reading them
   */
  private IndexScan.Summary read(Path file, IndexScan scan, boolean repeated, Trail trail) {
    IndexScan.Visitor marks =
        new IndexScan.Visitor() {
          @Override
          public void digest(long w0, long w1, long w2, long w3) {
            trail.add(w0, w1);
          }

          @Override
          public void block() {
            watcher.checkStop();
          }
        };
    IndexScan.Summary content = repeated ? scan.visitChecking(marks) : scan.visit(marks);
    if (content.entries() == IndexScan.Entries.DAMAGED) {
      warnOfDamage(file);
    }
    IndexScan.Summary unused =
        read.merge(scan.checksum(), content, (old, now) -> isProven(old) ? old : now);
    return content;
  }

  /** Once of each index. */
  void warnOfDamage(Path index) {
    if (damaged.add(index)) {
      watcher.warn(
          "index \""
              + relative(index)
              + "\" does not have the checksum of its header: verify this snapshot");
    }
  }

  /**
   * Whether the manifest beside an index gives the checksum of its header, too. A header alone may
   * have come from a hostile source; that the entries have the manifest's checksum was made sure
   * when they arrived.
   */
  private boolean manifestAgrees(Path file, Digest checksum) {
    String name = String.valueOf(file.getFileName());
    Path manifest = file.resolveSibling(ArchiveName.MANIFEST.text());
    try {
      byte[] blob = FileContent.read(files, manifest, DataBlob.BLOB_ENCODED_BYTES_MAX);
      return Manifest.decodeBlob(blob).files().stream()
          .anyMatch(f -> f.name().text().equals(name) && f.csum().equals(checksum));
    } catch (IOException | BackupException e) {
      return false; // then the index is read, which is never wrong
    }
  }

  /** As texts show it. */
  Path relative(Path path) {
    return base.relativize(path);
  }

  private static BackupException unsafe(BackupException cause) {
    return new BackupException(
            Kind.CORRUPT_DATA, "cannot collect garbage safely: " + cause.text(), cause)
        .withFactsOf(cause)
        .advise(
            "What this index names is not known. Bring the snapshot here again from a peer, or"
                + " forget it; then collect.");
  }
}
