package dev.holdfast.chunkstore.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.FaultyFiles;
import dev.holdfast.chunkstore.testing.FaultyFiles.Fault;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * At stake: whatever fails, and whenever, a listed snapshot can be restored. A whole small backup,
 * a removal and a second look at a snapshot are run with a fault at the first file operation, the
 * second, and so on until there is none left to fail; after each, the store is looked at with
 * healthy files, and the work is done again.
 */
class BackupFaultTest {
  private static final Namespace NS = Namespace.parse("a/b");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId OLDER = GROUP.at(1_700_000_000);
  private static final SnapshotId NEWER = GROUP.at(1_700_000_100);
  private static final Pattern CHUNK = Pattern.compile("[0-9a-f]{64}");

  /** A loop that never ends would be a mistake in the test. */
  private static final int OPERATIONS_MAX = 2000;

  private final Path temporary;

  BackupFaultTest(@TempDir Path temporary) {
    this.temporary = temporary;
  }

  private interface Work {
    void on(Datastore store);
  }

  @ParameterizedTest
  @CsvSource({
    "FAILS, FILESYSTEM",
    "FAILS, FILE",
    "TORN, NONE",
    "FULL, FILESYSTEM",
    "DIES, FILESYSTEM",
    "DIES, FILE",
    "DIES, NONE"
  })
  void noFaultInABackupLeavesAListedSnapshotThatCannotBeRestored(Fault fault, SyncLevel level)
      throws IOException {
    loop(
        fault,
        level,
        store -> SmallBackup.write(store, NS, NEWER, 2),
        store -> {
          assertListedAreRestorable(store);
          assertThat(store.isFinished(NS, OLDER)).isTrue();
          // A fault after the manifest was in place may leave it finished: then it is whole.
          if (!store.isFinished(NS, NEWER)) {
            SmallBackup.write(store, NS, NEWER, 2);
          }
          assertThat(store.lastFinished(NS, GROUP)).contains(NEWER);
          assertListedAreRestorable(store);
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILS", "DIES"})
  void noFaultInARemovalLeavesAListedSnapshotThatCannotBeRestored(Fault fault) throws IOException {
    loop(
        fault,
        SyncLevel.FILESYSTEM,
        store -> store.deleteSnapshot(NS, OLDER, false),
        store -> {
          assertListedAreRestorable(store);
          if (store.snapshotExists(NS, OLDER)) {
            store.deleteSnapshot(NS, OLDER, false);
          }
          assertThat(store.snapshots(NS, GROUP)).isEmpty();
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILS", "DIES"})
  void noFaultInTheRemovalOfANamespaceIsInTheWayOfASecondTry(Fault fault) throws IOException {
    loop(
        fault,
        SyncLevel.NONE,
        store -> store.deleteNamespace(Namespace.parse("a"), true),
        store -> {
          assertListedAreRestorable(store);
          if (store.namespaceExists(Namespace.parse("a"))) {
            store.deleteNamespace(Namespace.parse("a"), true);
          }
          assertThat(store.namespaces(Namespace.ROOT, 7)).containsExactly(Namespace.ROOT);
        });
  }

  @ParameterizedTest
  @EnumSource(names = {"FAILS", "DIES"})
  void noFaultInASecondLookAtASnapshotHarmsWhatIsListed(Fault fault) throws IOException {
    loop(
        fault,
        SyncLevel.FILESYSTEM,
        BackupFaultTest::replaceBlob,
        store -> {
          assertListedAreRestorable(store);
          if (store.isFinished(NS, OLDER)) {
            replaceBlob(store);
          } else {
            SmallBackup.write(store, NS, OLDER, 1);
          }
          assertListedAreRestorable(store);
        });
  }

  private static void replaceBlob(Datastore store) {
    try (GroupLock group = store.lockGroup(NS, GROUP, SmallBackup.OWNER);
        SnapshotWriter writer = store.reopenSnapshot(NS, OLDER)) {
      byte[] blob = SmallBackup.blob("other\n");
      writer.rawFile(SmallBackup.BLOB, blob);
      writer.finishWith(ManifestEdit.withBlob(store.manifest(NS, OLDER), blob).encodeBlob());
    }
  }

  private void loop(Fault fault, SyncLevel level, Work work, Work check) throws IOException {
    for (int n = 1; n < OPERATIONS_MAX; n++) {
      Path base = TestStores.bare(temporary.resolve(fault + "-" + n));
      FaultyFiles before = new FaultyFiles(new LocalFiles(), fault, 0);
      try (Datastore store = TestStores.open(base, before, SyncLevel.FILESYSTEM)) {
        store.createNamespaces(NS);
        SmallBackup.write(store, NS, OLDER, 1);
      }
      FaultyFiles files = new FaultyFiles(new LocalFiles(), fault, n);
      boolean failed = run(base, files, level, work);
      if (fault == Fault.DIES && level != SyncLevel.NONE) {
        files.losePower();
      }
      try (Datastore store = TestStores.open(base)) {
        check.on(store);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("after a fault at operation " + n + " in " + base, e);
      }
      assertChunkFilesAreWhole(base);
      if (!files.fired()) {
        assertThat(failed).isFalse();
        assertThat(n).as("operations that were failed").isGreaterThan(1);
        return;
      }
    }
    throw new AssertionError("more than " + OPERATIONS_MAX + " operations");
  }

  /** Whether the work ended with an error, which then is one of ours. */
  private static boolean run(Path base, FaultyFiles files, SyncLevel level, Work work) {
    try (Datastore store = TestStores.open(base, files, level)) {
      work.on(store);
      return false;
    } catch (BackupException e) {
      assertThat(e.text()).isNotBlank();
      return true;
    }
  }

  private static void assertListedAreRestorable(Datastore store) {
    SnapshotVerifier verifier = new SnapshotVerifier(store);
    for (Namespace namespace : store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : store.groups(namespace)) {
        assertThat(store.owner(namespace, group)).isEqualTo(SmallBackup.OWNER);
        for (SnapshotId snapshot : store.snapshots(namespace, group)) {
          SnapshotInfo info = store.info(namespace, snapshot);
          assertThat(info.manifestProblem()).isNull();
          if (info.manifest() != null) {
            assertThat(verifier.verify(namespace, snapshot)).isEmpty();
          }
        }
      }
    }
  }

  // A chunk file is never empty or cut, except by a loss of power before it was needed: that is
  // overwritten when it is offered again, which the retry above has shown.
  private static void assertChunkFilesAreWhole(Path base) throws IOException {
    try (Stream<Path> files = Files.walk(base.resolve(".chunks"))) {
      List<String> strange =
          files
              .filter(Files::isRegularFile)
              .map(f -> String.valueOf(f.getFileName()))
              .filter(name -> !CHUNK.matcher(name).matches() && !name.contains(".tmp_"))
              .toList();
      assertThat(strange).isEmpty();
    }
  }
}
