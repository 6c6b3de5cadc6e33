package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.datastore.SnapshotInfo.FileInfo;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds.Held;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;
import dev.holdfast.chunkstore.model.SnapshotId;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Snapshots as they are on disk: listing, files, manifests, protection. */
final class Snapshots {
  private static final Pattern TIME =
      Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z");
  private static final Pattern CONTENT = Pattern.compile(".*\\.([fd]idx|blob)");

  private final StoreContext store;

  Snapshots(StoreContext store) {
    this.store = store;
  }

  /** All of a group by time, unfinished ones too; none when there is no such group. */
  List<SnapshotId> list(Namespace namespace, GroupId group) {
    Path directory = store.layout().group(namespace, group);
    return Directories.names(store.files(), directory).stream()
        .filter(name -> TIME.matcher(name).matches())
        .flatMap(name -> parse(group, name).stream())
        .filter(
            id -> Directories.isDirectory(store.files(), store.layout().snapshot(namespace, id)))
        .sorted()
        .toList();
  }

  // 2024-02-31T00:00:00Z looks like a time and is none: not a snapshot of ours.
  private static Optional<SnapshotId> parse(GroupId group, String name) {
    try {
      return Optional.of(group.at(SnapshotId.parseTime(name)));
    } catch (BackupException e) {
      return Optional.empty();
    }
  }

  boolean exists(Namespace namespace, SnapshotId snapshot) {
    return Directories.isDirectory(store.files(), store.layout().snapshot(namespace, snapshot));
  }

  /** An empty file, which a power failure may leave, is none. */
  boolean hasManifestFile(Namespace namespace, SnapshotId snapshot) {
    return Directories.fileBytes(store.files(), store.layout().manifest(namespace, snapshot)) > 0;
  }

  boolean isFinished(Namespace namespace, SnapshotId snapshot) {
    return hasManifestFile(namespace, snapshot) && !store.locks().isCreating(namespace, snapshot);
  }

  /** What keeps a finished snapshot as it is. */
  Optional<Held> held(Namespace namespace, SnapshotId snapshot) {
    return store
        .holds()
        .get()
        .held(namespace, snapshot, store.clock().instant())
        .filter(held -> isFinished(namespace, snapshot));
  }

  /** Throws INVALID_INPUT for one that is held. */
  void requireFree(Namespace namespace, SnapshotId snapshot, String refused) {
    Optional<Held> held = held(namespace, snapshot);
    if (held.isPresent()) {
      throw held.get()
          .refusal(refused)
          .with("datastore", store.name())
          .with("namespace", namespace)
          .with("snapshot", snapshot);
    }
  }

  Optional<SnapshotId> lastFinished(Namespace namespace, GroupId group) {
    return list(namespace, group).reversed().stream()
        .filter(id -> isFinished(namespace, id))
        .findFirst();
  }

  SnapshotInfo info(Namespace namespace, SnapshotId snapshot) {
    Path directory = store.layout().snapshot(namespace, snapshot);
    if (!exists(namespace, snapshot)) {
      throw absent(namespace, snapshot);
    }
    List<String> names = contentNames(directory);
    boolean isProtected = isProtected(namespace, snapshot);
    if (!names.contains(ArchiveName.MANIFEST.text())
        || store.locks().isCreating(namespace, snapshot)) {
      return new SnapshotInfo(snapshot, bare(names), null, null, isProtected, null);
    }
    try {
      byte[] blob = readBlob(namespace, snapshot, ArchiveName.MANIFEST);
      Manifest manifest = Manifest.decodeBlob(blob);
      List<FileInfo> files = files(manifest, blob.length, names);
      long size = blob.length + manifest.files().stream().mapToLong(ManifestFile::size).sum();
      return new SnapshotInfo(snapshot, files, manifest, size, isProtected, null);
    } catch (BackupException e) {
      return new SnapshotInfo(snapshot, bare(names), null, null, isProtected, e.text());
    }
  }

  private List<String> contentNames(Path directory) {
    return Directories.names(store.files(), directory).stream()
        .filter(n -> CONTENT.matcher(n).matches() && SafeId.isSafe(n))
        .sorted()
        .toList();
  }

  List<ArchiveName> indexes(Namespace namespace, SnapshotId snapshot) {
    return contentNames(store.layout().snapshot(namespace, snapshot)).stream()
        .map(ArchiveName::new)
        .filter(ArchiveName::isIndex)
        .toList();
  }

  private static List<FileInfo> bare(List<String> names) {
    return names.stream().map(n -> new FileInfo(n, null, null)).toList();
  }

  private static List<FileInfo> files(Manifest manifest, int blobBytes, List<String> names) {
    List<FileInfo> files = new ArrayList<>();
    Set<String> listed = new HashSet<>();
    for (ManifestFile file : manifest.files()) {
      files.add(new FileInfo(file.name().text(), file.crypt(), file.size()));
      listed.add(file.name().text());
    }
    listed.add(ArchiveName.MANIFEST.text());
    files.add(
        new FileInfo(
            ArchiveName.MANIFEST.text(),
            manifest.signed() ? CryptMode.SIGN_ONLY : CryptMode.NONE,
            (long) blobBytes));
    names.stream()
        .filter(n -> !listed.contains(n))
        .forEach(n -> files.add(new FileInfo(n, null, null)));
    return files;
  }

  BackupException absent(Namespace namespace, SnapshotId snapshot) {
    return BackupException.notFound(Namespaces.ABSENT)
        .with("datastore", store.name())
        .with("namespace", namespace)
        .with("snapshot", snapshot);
  }

  /** A blob file as stored, unchecked. */
  byte[] readBlob(Namespace namespace, SnapshotId snapshot, ArchiveName name) {
    return readFile(namespace, snapshot, name, DataBlob.BLOB_ENCODED_BYTES_MAX);
  }

  byte[] readFile(Namespace namespace, SnapshotId snapshot, ArchiveName name, int bytesMax) {
    Path file = store.layout().file(namespace, snapshot, name);
    try {
      return FileContent.read(store.files(), file, bytesMax);
    } catch (NoSuchFileException e) {
      throw BackupException.notFound(
              "open file \"" + store.layout().text(file) + "\" failed - not found")
          .with("namespace", namespace)
          .with("snapshot", snapshot)
          .with("archive", name);
    } catch (IOException e) {
      throw FileErrors.of("cannot read", file, e);
    }
  }

  Manifest manifest(Namespace namespace, SnapshotId snapshot) {
    byte[] blob;
    try {
      blob = readBlob(namespace, snapshot, ArchiveName.MANIFEST);
    } catch (BackupException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        throw e;
      }
      throw new BackupException(Kind.NOT_FOUND, missingManifest(namespace, snapshot), e)
          .with("namespace", namespace)
          .with("snapshot", snapshot);
    }
    return Manifest.decodeBlob(blob);
  }

  /** PBS's words, with quotes within quotes (spec/protocols.md §4.5). */
  String missingManifest(Namespace namespace, SnapshotId snapshot) {
    return "unable to load blob '\""
        + store.layout().text(store.layout().manifest(namespace, snapshot))
        + "\"' - "
        + FileErrors.NO_SUCH_FILE;
  }

  /**
   * Read, change, replace. Without a change the file keeps its bytes, which replication compares.
   */
  void updateManifest(Namespace namespace, SnapshotId snapshot, UnaryOperator<Manifest> change) {
    try (Lease held = store.manifestLocks().take(namespace, snapshot)) {
      Manifest before = manifest(namespace, snapshot);
      Manifest after = change.apply(before);
      if (!Arrays.equals(before.json(), after.json())) {
        if (!after.sameContent(before)) {
          requireFree(namespace, snapshot, "change what snapshot " + snapshot + " holds");
        }
        writeManifest(namespace, snapshot, after.encodeBlob());
      }
    } catch (BackupException e) {
      throw updateFailed(e);
    }
  }

  static BackupException updateFailed(BackupException cause) {
    return new BackupException(
            cause.kind(), "unable to update manifest blob - " + cause.text(), cause)
        .withFactsOf(cause);
  }

  void writeManifest(Namespace namespace, SnapshotId snapshot, byte[] blob) {
    Path file = store.layout().manifest(namespace, snapshot);
    try {
      store.atomic().replace(file, blob, store.durable());
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot write manifest", file, blob.length, e);
    }
  }

  /**
   * Removes a snapshot's directory, the manifest durably first: an interrupted removal must leave
   * an unfinished snapshot, never a listed one with parts missing. The caller holds it exclusively.
   * All removals but those of what was moved end here, so that none forgets the holds:
   * INVALID_INPUT for a held one.
   */
  void remove(Namespace namespace, SnapshotId snapshot) {
    requireFree(namespace, snapshot, "remove snapshot " + snapshot);
    removeFiles(namespace, snapshot);
  }

  /** As {@link #remove}, of what is kept elsewhere as long as here. */
  void removeFiles(Namespace namespace, SnapshotId snapshot) {
    Path directory = store.layout().snapshot(namespace, snapshot);
    if (hasManifestFile(namespace, snapshot)) {
      Directories.deleteIfExists(store.files(), store.layout().manifest(namespace, snapshot));
      try {
        if (store.durable()) {
          store.files().syncDirectory(directory);
        }
      } catch (IOException e) {
        throw FileErrors.of("cannot sync", directory, e);
      }
    }
    Directories.removeTree(store.files(), directory);
  }

  boolean isProtected(Namespace namespace, SnapshotId snapshot) {
    return Directories.exists(store.files(), store.layout().protectedMark(namespace, snapshot));
  }

  void setProtected(Namespace namespace, SnapshotId snapshot, boolean wanted) {
    if (!exists(namespace, snapshot)) {
      throw BackupException.notFound("snapshot " + snapshot + " does not exist!")
          .with("namespace", namespace);
    }
    Path mark = store.layout().protectedMark(namespace, snapshot);
    try (Lease held = store.manifestLocks().take(namespace, snapshot)) {
      if (wanted) {
        store.atomic().replace(mark, new byte[0], store.durable());
      } else {
        Directories.deleteIfExists(store.files(), mark);
      }
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot write", mark, 0, e);
    }
  }

  /** Adds the client's log to a snapshot that has none yet. */
  void addClientLog(Namespace namespace, SnapshotId snapshot, byte[] blob) {
    Path file = store.layout().file(namespace, snapshot, ArchiveName.CLIENT_LOG);
    try (Lease held = store.manifestLocks().take(namespace, snapshot)) {
      if (Directories.exists(store.files(), file)) {
        throw BackupException.invalid("backup already contains a log.");
      }
      store.atomic().replace(file, blob, store.durable());
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot write", file, blob.length, e);
    }
  }
}
