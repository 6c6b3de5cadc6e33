package dev.holdfast.node.interruption;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * A datastore of so many small snapshots that each kind of work on them takes a while, and an empty
 * one beside it. One namespace is written; others are copies of it by hard links, which is quick,
 * and right because files are replaced and never changed.
 */
final class ManySnapshots {
  static final Namespace ORIGINAL = Namespace.parse("original");
  static final int GROUPS = 10;
  private static final int SNAPSHOTS_PER_GROUP = 60;
  static final int SNAPSHOTS = GROUPS * SNAPSHOTS_PER_GROUP;

  private static final long FIRST_TIME = 1_700_000_000;
  private static final long SECONDS_BETWEEN = 3600;

  private final Path base;
  private final Path empty;

  private ManySnapshots(Path base, Path empty) {
    this.base = base;
    this.empty = empty;
  }

  static ManySnapshots write(Path base, Path empty) throws IOException {
    TestStores.bare(empty);
    try (Datastore store = TestStores.open(TestStores.bare(base))) {
      store.createNamespace(ORIGINAL);
      for (int g = 0; g < GROUPS; g++) {
        GroupId group = new GroupId(BackupType.HOST, "web" + g);
        for (int s = 0; s < SNAPSHOTS_PER_GROUP; s++) {
          long time = FIRST_TIME + s * SECONDS_BETWEEN;
          SmallBackup.write(store, ORIGINAL, group.at(time), g * SNAPSHOTS_PER_GROUP + s);
        }
      }
    }
    return new ManySnapshots(base, empty);
  }

  List<Path> bases() {
    return List.of(base, empty);
  }

  private Path directory(Namespace namespace) {
    return directory(base, namespace);
  }

  private static Path directory(Path base, Namespace namespace) {
    return base.resolve("ns").resolve(namespace.toString());
  }

  /** One more namespace with the same snapshots; its name is made of lower case letters. */
  Namespace copy(String name) throws IOException {
    Namespace to = Namespace.parse(name.toLowerCase(Locale.ROOT));
    Path from = directory(ORIGINAL);
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path copied = directory(to).resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectory(copied);
        } else {
          Files.createLink(copied, path);
        }
      }
    }
    return to;
  }

  boolean exists(Namespace namespace) {
    return Files.exists(directory(namespace));
  }

  /** Directories of snapshots, finished or not; none where there is no such namespace. */
  int count(Namespace namespace) {
    return count(directory(namespace));
  }

  /** The same in the datastore that was empty. */
  int countBeside(Namespace namespace) {
    return count(directory(empty, namespace));
  }

  private static int count(Path namespace) {
    int count = 0;
    for (int g = 0; g < GROUPS; g++) {
      String[] names = namespace.resolve("host/web" + g).toFile().list();
      if (names != null) {
        count += (int) Stream.of(names).filter(name -> name.endsWith("Z")).count();
      }
    }
    return count;
  }

  /** Files in a directory and below that were to replace others. */
  static List<Path> temporaryFiles(Path directory) throws IOException {
    try (Stream<Path> tree = Files.walk(directory)) {
      return tree.filter(path -> isTemporary(String.valueOf(path.getFileName()))).toList();
    }
  }

  private static boolean isTemporary(String name) {
    return AtomicFiles.isTemporary(name) || name.endsWith(".new");
  }
}
