package dev.holdfast.chunkstore.datastore;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.file.FileErrors;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SafeId;
import java.io.IOException;
import java.lang.System.Logger;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Groups: a directory with an {@code owner} file (auth id and newline). A directory whose owner is
 * absent or empty is what a crash leaves; it is no group yet, and the next one who locks it makes
 * it his.
 */
final class Groups {
  /** An owner is one short line. */
  private static final int OWNER_BYTES_MAX = 4096;

  private static final int NOTES_BYTES_MAX = 1 << 20;
  private static final Logger LOG = System.getLogger(Groups.class.getName());

  private final StoreContext store;
  private final Namespaces namespaces;
  private final Snapshots snapshots;

  Groups(StoreContext store, Namespaces namespaces, Snapshots snapshots) {
    this.store = store;
    this.namespaces = namespaces;
    this.snapshots = snapshots;
  }

  /** In the order of PBS; costs one look per group. */
  List<GroupId> list(Namespace namespace) {
    namespaces.require(namespace);
    return directories(namespace).stream()
        .filter(g -> Directories.fileBytes(store.files(), store.layout().owner(namespace, g)) > 0)
        .toList();
  }

  /** All group directories, half-made ones too. */
  List<GroupId> directories(Namespace namespace) {
    List<GroupId> found = new ArrayList<>();
    for (BackupType type : BackupType.values()) {
      Path directory = store.layout().type(namespace, type);
      for (String name : Directories.names(store.files(), directory)) {
        if (SafeId.isSafe(name)
            && Directories.isDirectory(store.files(), directory.resolve(name))) {
          found.add(new GroupId(type, name));
        }
      }
    }
    Collections.sort(found);
    return found;
  }

  AuthId owner(Namespace namespace, GroupId group) {
    AuthId owner = ownerIfAny(namespace, group);
    if (owner == null) {
      throw BackupException.notFound(
              "unable to read \""
                  + store.layout().text(store.layout().owner(namespace, group))
                  + "\" - "
                  + FileErrors.NO_SUCH_FILE)
          .with("namespace", namespace)
          .with("group", group);
    }
    return owner;
  }

  /** Null when the file is absent or empty; CORRUPT_DATA when it names nobody. */
  @Nullable AuthId ownerIfAny(Namespace namespace, GroupId group) {
    Path file = store.layout().owner(namespace, group);
    try {
      String text =
          new String(
              FileContent.read(store.files(), file, OWNER_BYTES_MAX), StandardCharsets.UTF_8);
      String line = text.lines().findFirst().orElse("").strip();
      return line.isEmpty() ? null : AuthId.parse(line);
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw FileErrors.of("cannot read owner", file, e);
    } catch (BackupException e) {
      throw BackupException.corrupt("owner file \"" + store.layout().text(file) + "\": " + e.text())
          .with("namespace", namespace)
          .with("group", group);
    }
  }

  void setOwner(Namespace namespace, GroupId group, AuthId owner) {
    Path file = store.layout().owner(namespace, group);
    if (!Directories.isDirectory(store.files(), store.layout().group(namespace, group))) {
      throw BackupException.notFound(
          "unable to create owner file \""
              + store.layout().text(file)
              + "\" - "
              + FileErrors.NO_SUCH_FILE);
    }
    write(namespace, group, file, owner + "\n");
  }

  /** Empty text when there are none. */
  String notes(Namespace namespace, GroupId group) {
    Path file = store.layout().notes(namespace, group);
    try {
      return new String(
          FileContent.read(store.files(), file, NOTES_BYTES_MAX), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw FileErrors.of("cannot read notes", file, e);
    }
  }

  void setNotes(Namespace namespace, GroupId group, String notes) {
    write(namespace, group, store.layout().notes(namespace, group), notes);
  }

  private void write(Namespace namespace, GroupId group, Path file, String text) {
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    try (Lease held = store.manifestLocks().take(namespace, group)) {
      store.atomic().replace(file, content, store.durable());
    } catch (IOException e) {
      throw FileErrors.ofWrite(store.files(), "cannot write", file, content.length, e);
    }
  }

  /** Takes the exclusive lock without waiting; makes the group when it is not there. */
  GroupLock lock(Namespace namespace, GroupId group, AuthId owner) {
    Lease lease = store.lockGroup(namespace, group, LockTexts.BACKUP_RUNNING);
    try {
      makeDirectories(namespace, group);
      AuthId existing = ownerIfAny(namespace, group);
      if (existing != null) {
        return new GroupLock(namespace, group, existing, false, lease);
      }
      if (snapshots.lastFinished(namespace, group).isPresent()) {
        // Whoever asked first would get somebody's backups.
        throw BackupException.corrupt(
                "backup group " + group + " has snapshots, but its owner file is missing or empty")
            .with("namespace", namespace)
            .with("group", group)
            .advise("Set the owner of the group anew.");
      }
      write(namespace, group, store.layout().owner(namespace, group), owner + "\n");
      AtomicBoolean open = new AtomicBoolean(true);
      return new GroupLock(
          namespace,
          group,
          owner,
          true,
          () -> {
            if (open.compareAndSet(true, false)) {
              removeIfEmpty(namespace, group);
              lease.close();
            }
          });
    } catch (RuntimeException e) {
      removeIfEmpty(namespace, group, e);
      lease.close();
      throw e;
    }
  }

  private void makeDirectories(Namespace namespace, GroupId group) {
    store.tree().lock();
    try {
      if (!namespaces.exists(namespace)) {
        throw BackupException.notFound("namespace not found")
            .with("datastore", store.name())
            .with("namespace", namespace);
      }
      Directories.ensure(store.files(), store.layout().type(namespace, group.type()));
      Directories.ensure(store.files(), store.layout().group(namespace, group));
    } finally {
      store.tree().unlock();
    }
  }

  /** The caller holds the group's lock. */
  boolean removeIfWithoutSnapshots(Namespace namespace, GroupId group) {
    if (hasSnapshotDirectory(namespace, group)) {
      return false;
    }
    removeDirectory(namespace, group);
    return true;
  }

  /**
   * As {@link #removeIfWithoutSnapshots}; what keeps it from being removed is no error of the
   * caller's.
   */
  void removeIfEmpty(Namespace namespace, GroupId group) {
    try {
      removeIfWithoutSnapshots(namespace, group);
    } catch (BackupException e) {
      LOG.log(Logger.Level.WARNING, "empty group {0} stays: {1}", group, e.text());
    }
  }

  // Only a directory that has no owner yet: what a failed creation leaves.
  private void removeIfEmpty(Namespace namespace, GroupId group, RuntimeException reason) {
    try {
      if (!Directories.exists(store.files(), store.layout().owner(namespace, group))
          && Directories.isDirectory(store.files(), store.layout().group(namespace, group))
          && !hasSnapshotDirectory(namespace, group)) {
        removeDirectory(namespace, group);
      }
    } catch (BackupException e) {
      reason.addSuppressed(e);
    }
  }

  boolean hasSnapshotDirectory(Namespace namespace, GroupId group) {
    return !snapshots.list(namespace, group).isEmpty();
  }

  /**
   * Removes a group directory without snapshots: notes, leftovers, owner, directory. The caller
   * holds the group's lock. Anything unknown in it stops this before the owner is touched.
   */
  void removeDirectory(Namespace namespace, GroupId group) {
    Path directory = store.layout().group(namespace, group);
    List<String> names = Directories.names(store.files(), directory);
    List<String> unknown = names.stream().filter(n -> !isOurs(n)).sorted().toList();
    if (!unknown.isEmpty()) {
      throw BackupException.invalid(
          "group directory \""
              + store.layout().text(directory)
              + "\" is not empty: found "
              + String.join(", ", unknown));
    }
    names.stream()
        .filter(n -> !n.equals(DatastoreLayout.OWNER))
        .forEach(n -> Directories.deleteIfExists(store.files(), directory.resolve(n)));
    Directories.deleteIfExists(store.files(), store.layout().owner(namespace, group));
    Directories.deleteIfExists(store.files(), directory);
  }

  private static boolean isOurs(String name) {
    return name.equals(DatastoreLayout.OWNER)
        || name.equals(DatastoreLayout.NOTES)
        || name.startsWith(DatastoreLayout.OWNER + AtomicFiles.MARK)
        || name.startsWith(DatastoreLayout.NOTES + AtomicFiles.MARK);
  }
}
