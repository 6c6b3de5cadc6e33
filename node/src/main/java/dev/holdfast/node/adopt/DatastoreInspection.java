package dev.holdfast.node.adopt;

import dev.holdfast.chunkstore.chunk.ChunkStore;
import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.api.StoreDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A look at a datastore of another server before it is used here: whether it is one, whether this
 * user may write in it, and whether a sample of what it holds can be read. Reads, and changes
 * nothing.
 *
 * @param chunkDirectories of {@link ChunkStore#PREFIX_COUNT}; absent ones are made when needed
 * @param indexes that were read whole, newest snapshots first
 * @param chunksMissing of those that these indexes name
 * @param problems one line each; empty when everything is well
 */
public record DatastoreInspection(
    int namespaces,
    int groups,
    int snapshots,
    int unfinished,
    int chunkDirectories,
    int indexes,
    long chunksMissing,
    List<String> problems) {
  /** Enough to see that the format is ours; all of it is a verification. */
  private static final int INDEXES_MAX = 32;

  private static final int PROBLEMS_MAX = 20;

  public DatastoreInspection {
    problems = List.copyOf(problems);
  }

  /** Throws INVALID_INPUT for a directory that is no datastore, LOCKED for one in use. */
  public static DatastoreInspection of(
      DatastoreName name, Path path, FileOps files, InstantSource clock, RandomGenerator random) {
    if (!Files.isDirectory(path)) {
      throw BackupException.invalid("'" + path + "' is no directory");
    }
    if (!Datastore.exists(files, path)) {
      throw BackupException.invalid(
              "'" + path + "' is no datastore: it has no directory '" + ChunkStore.DIRECTORY + "'")
          .advise("A new one is made by `holdfast datastore create`.");
    }
    Look look = new Look();
    look.directories(path);
    try (Datastore store =
        Datastore.open(name, files, path, SyncLevel.NONE, Holds.NONE, clock, random)) {
      look.content(store);
    }
    return look.result();
  }

  private static final class Look {
    private final List<String> problems = new ArrayList<>();
    private int namespaces;
    private int groups;
    private int snapshots;
    private int unfinished;
    private int chunkDirectories;
    private int indexes;
    private long missing;

    DatastoreInspection result() {
      return new DatastoreInspection(
          namespaces, groups, snapshots, unfinished, chunkDirectories, indexes, missing, problems);
    }

    private void problem(String text) {
      if (problems.size() < PROBLEMS_MAX) {
        problems.add(text);
      } else if (problems.size() == PROBLEMS_MAX) {
        problems.add("and more");
      }
    }

    void directories(Path path) {
      Path chunks = path.resolve(ChunkStore.DIRECTORY);
      try (Stream<Path> all = Files.list(chunks)) {
        for (Path each : (Iterable<Path>) all::iterator) {
          if (each.getFileName().toString().matches("[0-9a-f]{4}")) {
            chunkDirectories++;
          }
        }
      } catch (IOException e) {
        problem("cannot list '" + chunks + "': " + e);
      }
      StoreDirectory.problems(path).forEach(this::problem);
    }

    void content(Datastore store) {
      List<Namespace> all = new ArrayList<>(store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX));
      namespaces = all.size();
      for (Namespace namespace : all) {
        withoutOwner(store.base(), namespace);
        for (GroupId group : store.groups(namespace)) {
          groups++;
          attempt(at(namespace, group.toString()), () -> store.owner(namespace, group));
          for (SnapshotId snapshot : store.snapshots(namespace, group).reversed()) {
            snapshot(store, namespace, snapshot);
          }
        }
      }
    }

    /** Such a group is seen by nobody. */
    private void withoutOwner(Path base, Namespace namespace) {
      Path directory = base;
      for (String component : namespace.components()) {
        directory = directory.resolve("ns").resolve(component);
      }
      for (BackupType type : BackupType.values()) {
        Path groupsOfType = directory.resolve(type.text());
        if (Files.isDirectory(groupsOfType)) {
          try (Stream<Path> found = Files.list(groupsOfType)) {
            found
                .filter(group -> Files.isDirectory(group) && !Files.exists(group.resolve("owner")))
                .forEach(group -> problem("'" + group + "' has no file 'owner'"));
          } catch (IOException e) {
            problem("cannot list '" + groupsOfType + "': " + e);
          }
        }
      }
    }

    private void snapshot(Datastore store, Namespace namespace, SnapshotId snapshot) {
      snapshots++;
      if (!store.isFinished(namespace, snapshot)) {
        unfinished++;
        return;
      }
      attempt(
          at(namespace, snapshot.toString()),
          () -> {
            Manifest manifest = store.manifest(namespace, snapshot);
            for (ManifestFile file : manifest.files()) {
              if (indexes < INDEXES_MAX && file.name().isIndex()) {
                indexes++;
                index(store, store.readIndex(namespace, snapshot, file.name()));
              }
            }
          });
    }

    private void index(Datastore store, ChunkIndex index) {
      for (int i = 0; i < index.chunkCount(); i++) {
        if (!Files.exists(store.chunks().path(index.digest(i)))) {
          missing++;
        }
      }
    }

    private void attempt(String what, Runnable look) {
      try {
        look.run();
      } catch (BackupException e) {
        problem(what + ": " + e.text());
      }
    }

    private static String at(Namespace namespace, String what) {
      return namespace.isRoot() ? what : namespace + ": " + what;
    }
  }
}
