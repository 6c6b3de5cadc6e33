package dev.holdfast.chunkstore.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.AtomicFiles;
import dev.holdfast.chunkstore.file.FileOps;
import dev.holdfast.chunkstore.gc.GarbageCollector;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.gc.GcStatusFile;
import dev.holdfast.chunkstore.gc.WatchedCollection;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.move.MoveHistory;
import dev.holdfast.chunkstore.move.MoveReport;
import dev.holdfast.chunkstore.move.MoveRequest;
import dev.holdfast.chunkstore.move.MoveState;
import dev.holdfast.chunkstore.move.Mover;
import dev.holdfast.chunkstore.testing.FaultyFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles.Fault;
import dev.holdfast.chunkstore.testing.MemoryDisk;
import dev.holdfast.chunkstore.testing.SetClock;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.ChunkOrder;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.verify.VerifyWatcher;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * At stake: the power may go at any moment. Each kind of work is run with a fault at its first file
 * operation, at its second, and so on; the fault is an error, or the end of everything, after which
 * all that was not synced is lost, or a part of it that follows from a seed. After each the store
 * opens, what is listed can be restored, and the work can be done again to its end.
 */
class PowerLossTest {
  private static final Namespace NS = Namespace.parse("a/b");
  private static final Namespace MOVED = Namespace.parse("z/b");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);
  private static final SnapshotId NEW = GROUP.at(1_700_000_200);

  /** A loop that never ends would be a mistake in the test. */
  private static final int OPERATIONS_MAX = 5000;

  private final Path base;

  PowerLossTest(@TempDir Path directory) throws IOException {
    this.base = Files.createDirectory(directory.resolve("first"));
    Files.createDirectory(directory.resolve("second"));
  }

  /** What is done, which can be done again whatever became of the first time. */
  private enum Work {
    BACKUP(SyncLevel.FILESYSTEM) {
      @Override
      void on(Datastore store) {
        if (!store.isFinished(NS, NEW)) {
          SmallBackup.write(store, NS, NEW, 13);
        }
      }
    },
    BACKUP_SYNCED_BY_FILE(SyncLevel.FILE) {
      @Override
      void on(Datastore store) {
        BACKUP.on(store);
      }
    },
    PRUNE(SyncLevel.FILESYSTEM) {
      @Override
      void on(Datastore store) {
        for (SnapshotId snapshot : List.of(FIRST, SECOND)) {
          if (store.snapshotExists(NS, snapshot)) {
            store.deleteSnapshot(NS, snapshot, false);
          }
        }
      }
    },
    COLLECTION(SyncLevel.FILESYSTEM) {
      @Override
      void on(Datastore store) {
        GcOptions options = GcOptions.usual(Workers.none());
        GarbageCollector.Result result =
            new GarbageCollector(store, options, new WatchedCollection()).run();
        GcStatusFile.write(store, result.status());
      }
    },
    VERIFICATION_OF_DAMAGE(SyncLevel.FILESYSTEM) {
      @Override
      void prepare(Datastore store, MemoryDisk disk) {
        try {
          Digest digest = store.readIndex(NS, FIRST, SmallBackup.FIXED).digest(0);
          Path chunk = store.chunks().path(digest);
          disk.delete(chunk);
          disk.create(chunk, 0644).close();
          disk.syncFileSystem(chunk);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }

      @Override
      void on(Datastore store) {
        List<String> problems =
            new SnapshotVerifier(
                    store, Workers.none(), ChunkOrder.INODE, VerifyWatcher.SILENT, true)
                .verify(NS, FIRST);
        // A disk that fails to be read finds more.
        assertThat(problems).isNotEmpty();
      }
    },
    REMOVAL_OF_A_NAMESPACE(SyncLevel.FILESYSTEM) {
      @Override
      void on(Datastore store) {
        if (store.namespaceExists(Namespace.parse("a"))) {
          var unused = store.deleteNamespace(Namespace.parse("a"), true);
        }
      }
    },
    MOVE_OF_A_NAMESPACE(SyncLevel.FILESYSTEM) {
      @Override
      void prepare(Datastore store, MemoryDisk disk) {
        store.setGroupNotes(NS, GROUP, "notes");
        store.setProtected(NS, SECOND, true);
      }

      @Override
      void on(Datastore store) {
        move(
            store,
            store,
            new MoveRequest.OfNamespace(Namespace.parse("a"), Namespace.parse("z"), 7, true, true));
      }

      @Override
      void assertEnded(Datastore store) {
        assertAt(store, MOVED);
      }
    },
    MOVE_AND_BACK(SyncLevel.FILESYSTEM) {
      @Override
      void prepare(Datastore store, MemoryDisk disk) {
        MOVE_OF_A_NAMESPACE.prepare(store, disk);
      }

      @Override
      void on(Datastore store) {
        MOVE_OF_A_NAMESPACE.on(store);
        String journal = new MoveHistory(store).list().getLast().name();
        requireComplete(new Mover(store, store).undo(journal, () -> {}));
      }

      @Override
      void assertEnded(Datastore store) {
        assertAt(store, NS);
      }
    },
    MOVE_TO_ANOTHER_STORE(SyncLevel.FILESYSTEM) {
      @Override
      void prepare(Datastore store, MemoryDisk disk) {
        MOVE_OF_A_NAMESPACE.prepare(store, disk);
        Path second = store.base().resolveSibling("second");
        disk.makeDirectories(second.resolve(".chunks"));
        disk.makeDirectories(second.resolve("ns/z/ns/b"));
      }

      @Override
      void on(Datastore store) {
        try (Datastore target = second(store)) {
          var unused = target.removeRemains();
          move(store, target, new MoveRequest.OfGroup(NS, GROUP, MOVED, true));
        }
      }

      @Override
      void assertEnded(Datastore store) {
        try (Datastore target = second(store)) {
          assertAt(target, MOVED);
        }
      }

      private static Datastore second(Datastore store) {
        return Datastore.open(
            new DatastoreName("second"),
            store.files(),
            store.base().resolveSibling("second"),
            SyncLevel.NONE,
            Holds.NONE,
            store.clock(),
            new Random(2));
      }
    };

    final SyncLevel level;

    Work(SyncLevel level) {
      this.level = level;
    }

    void prepare(Datastore store, MemoryDisk disk) {}

    abstract void on(Datastore store);

    /** What is to hold when it was done to its end. */
    void assertEnded(Datastore store) {}

    /** Goes on with what was interrupted, or begins. */
    static void move(Datastore source, Datastore target, MoveRequest request) {
      Mover mover = new Mover(source, target);
      List<MoveHistory.Move> moves = new MoveHistory(source).list();
      if (!moves.isEmpty() && moves.getLast().state() != MoveState.UNDONE) {
        requireComplete(mover.resume(moves.getLast().name(), () -> {}));
      } else {
        requireComplete(mover.run(request, () -> {}));
      }
    }

    static void requireComplete(MoveReport report) {
      if (!report.complete()) {
        throw new BackupException(BackupException.Kind.INTERNAL, report.left().toString());
      }
    }

    static void assertAt(Datastore store, Namespace namespace) {
      assertThat(store.snapshots(namespace, GROUP)).containsExactly(FIRST, SECOND);
      assertThat(store.groupNotes(namespace, GROUP)).isEqualTo("notes");
      assertThat(store.isProtected(namespace, SECOND)).isTrue();
      assertListedAreRestorable(MOVE_OF_A_NAMESPACE, store);
    }
  }

  @ParameterizedTest
  @EnumSource
  void workCanBeDoneAgainWhereverItFailedOrThePowerWent(Work work) {
    int failed = 0;
    int died = 0;
    for (int n = 1; ; n++) {
      assertThat(n).isLessThan(OPERATIONS_MAX);
      boolean more = afterAnError(work, n);
      if (!more) {
        break;
      }
      failed++;
    }
    for (int n = 1; afterALossOfPower(work, n, null); n++) {
      died++;
      afterALossOfPower(work, n, new Random(n));
    }
    System.out.printf(
        "%s: %d operations failed, the power went after %d, each with all lost and with luck%n",
        work, failed, died);
    assertThat(failed).isGreaterThan(1);
    assertThat(died).isGreaterThan(1);
  }

  /** False when the work ended before the fault. */
  private boolean afterAnError(Work work, int n) {
    SetClock clock = new SetClock();
    MemoryDisk disk = prepared(work, clock);
    FaultyFiles faulty = new FaultyFiles(disk, Fault.FAILS, n);
    attempt(work, faulty, clock);
    check(work, disk, clock, n);
    return faulty.fired();
  }

  private boolean afterALossOfPower(Work work, int n, @Nullable Random luck) {
    SetClock clock = new SetClock();
    MemoryDisk disk = prepared(work, clock);
    FaultyFiles faulty = new FaultyFiles(disk, Fault.DIES, n);
    attempt(work, faulty, clock);
    check(work, disk.afterPowerLoss(luck), clock, n);
    return faulty.fired();
  }

  private MemoryDisk prepared(Work work, SetClock clock) {
    MemoryDisk disk = new MemoryDisk(clock);
    disk.makeDirectories(base.resolve(".chunks"));
    try (Datastore store = open(disk, SyncLevel.FILESYSTEM, clock)) {
      store.createNamespaces(NS);
      SmallBackup.write(store, NS, FIRST, 11);
      SmallBackup.write(store, NS, SECOND, 12);
      byte[] garbage = SmallBackup.blob("garbage");
      store.chunks().insert(Digest.sha256(garbage), garbage, garbage.length);
      disk.syncFileSystem(base);
      work.prepare(store, disk);
    }
    clock.advance(Duration.ofDays(3));
    return disk;
  }

  private Datastore open(FileOps files, SyncLevel level, SetClock clock) {
    return Datastore.open(TestStores.NAME, files, base, level, Holds.NONE, clock, new Random(1));
  }

  private void attempt(Work work, FaultyFiles files, SetClock clock) {
    try (Datastore store = open(files, work.level, clock)) {
      work.on(store);
    } catch (BackupException e) {
      assertThat(e.text()).isNotBlank();
    }
  }

  private void check(Work work, MemoryDisk disk, SetClock clock, int n) {
    try (Datastore store = open(disk, work.level, clock)) {
      var unused = store.removeRemains();
      assertNoTemporaryFiles(disk);
      assertListedAreRestorable(work, store);
      work.on(store);
      assertListedAreRestorable(work, store);
      work.assertEnded(store);
      if (work == Work.BACKUP || work == Work.BACKUP_SYNCED_BY_FILE) {
        assertThat(store.isFinished(NS, NEW)).isTrue();
        assertThat(store.isFinished(NS, FIRST)).isTrue();
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError(work + ", after a fault at operation " + n, e);
    }
  }

  /** Those of chunks are garbage collection's, when they are old enough. */
  private void assertNoTemporaryFiles(MemoryDisk disk) {
    assertThat(disk.fileModes(base).keySet())
        .filteredOn(file -> !file.startsWith(base.resolve(".chunks")))
        .noneMatch(file -> AtomicFiles.isTemporary(String.valueOf(file.getFileName())));
  }

  private static void assertListedAreRestorable(Work work, Datastore store) {
    Set<SnapshotId> damaged = new HashSet<>();
    SnapshotVerifier verifier = new SnapshotVerifier(store);
    TestStores.eachFinished(
        store,
        (namespace, snapshot) -> {
          if (!verifier.verify(namespace, snapshot).isEmpty()) {
            damaged.add(snapshot);
          }
        });
    assertThat(damaged).isEqualTo(work == Work.VERIFICATION_OF_DAMAGE ? Set.of(FIRST) : Set.of());
  }
}
