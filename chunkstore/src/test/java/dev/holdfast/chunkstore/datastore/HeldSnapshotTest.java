package dev.holdfast.chunkstore.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: whoever got hold of a client, a peer or an administrator's password cannot take away
 * what is younger than the hold. Every way in which a snapshot can go or change is tried.
 */
class HeldSnapshotTest {
  private static final Duration HOLD = Duration.ofDays(30);
  private static final Namespace HELD = Namespace.parse("a");
  private static final Namespace BELOW = Namespace.parse("a/web");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId OLD =
      GROUP.at(TestStores.NOW.minus(Duration.ofDays(31)).getEpochSecond());
  private static final SnapshotId YOUNG =
      GROUP.at(TestStores.NOW.minus(Duration.ofDays(29)).getEpochSecond());
  private static final String REASON =
      "held until 2026-03-05T05:06:07Z by the hold of 30d on namespace 'a' (mesh.yaml)";

  private final MemoryStore memory;
  private final Datastore store;

  HeldSnapshotTest(@TempDir Path base) {
    memory = MemoryStore.in(base);
    store = memory.store;
    store.createNamespaces(BELOW);
    SmallBackup.write(store, BELOW, OLD, 1);
    SmallBackup.write(store, BELOW, YOUNG, 2);
    store.setHolds(new Holds(Map.of(HELD, HOLD)));
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private void assertHeldIsWhole() {
    assertThat(store.isFinished(BELOW, YOUNG)).isTrue();
    assertThat(new SnapshotVerifier(store).verify(BELOW, YOUNG)).isEmpty();
  }

  // ---- removals ----

  @Test
  void aHeldSnapshotIsNotRemovedNotEvenByForce() {
    for (boolean force : new boolean[] {false, true}) {
      assertThatThrownBy(() -> store.deleteSnapshot(BELOW, YOUNG, force))
          .isInstanceOfSatisfying(
              BackupException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.INVALID_INPUT);
                assertThat(e.text()).isEqualTo("cannot remove snapshot " + YOUNG + ": " + REASON);
              });
    }
    assertHeldIsWhole();
  }

  @Test
  void anOlderOneIsFree() {
    store.deleteSnapshot(BELOW, OLD, false);
    assertThat(store.snapshots(BELOW, GROUP)).containsExactly(YOUNG);
  }

  @Test
  void atTheEndOfItsHoldASnapshotIsFree() {
    memory.clock.advance(Duration.ofDays(1).minusSeconds(1));
    assertThat(store.held(BELOW, YOUNG)).isPresent();
    memory.clock.advance(Duration.ofSeconds(1));
    assertThat(store.held(BELOW, YOUNG)).isEmpty();
    store.deleteSnapshot(BELOW, YOUNG, false);
  }

  @Test
  void aGroupLosesAllButItsHeldSnapshots() {
    assertThat(store.deleteGroup(BELOW, GROUP)).isEqualTo(new DeleteStats(0, 1, 1, 1));
    assertThat(store.snapshots(BELOW, GROUP)).containsExactly(YOUNG);
    assertThat(store.owner(BELOW, GROUP)).isEqualTo(SmallBackup.OWNER);
    assertHeldIsWhole();
  }

  @Test
  void aNamespaceStaysForItsHeldSnapshotsAsForProtectedOnes() {
    GroupId other = GroupId.parse("vm/100");
    SmallBackup.write(store, HELD, other.at(OLD.time()), 3);
    assertThat(store.deleteNamespace(HELD, true)).isEqualTo(new DeleteStats(1, 1, 1, 2));
    assertThat(store.namespaces(HELD, Namespace.DEPTH_MAX)).containsExactly(HELD, BELOW);
    assertHeldIsWhole();
  }

  @Test
  void whatWasNeverFinishedIsNotHeld() {
    SnapshotId broken = GROUP.at(TestStores.NOW.getEpochSecond());
    try (GroupLock lock = store.lockGroup(BELOW, GROUP, SmallBackup.OWNER);
        SnapshotWriter writer = store.beginSnapshot(BELOW, broken)) {
      SmallBackup.upload(store, writer, 4);
      assertThat(store.held(BELOW, broken)).isEmpty();
    }
    assertThat(store.snapshots(BELOW, GROUP)).containsExactly(OLD, YOUNG);
  }

  // ---- changes ----

  @Test
  void notesAndMarksOfAHeldSnapshotMayChange() {
    store.updateManifest(BELOW, YOUNG, manifest -> manifest.withNotes("other"));
    store.setProtected(BELOW, YOUNG, true);
    store.setProtected(BELOW, YOUNG, false);
    assertThat(store.manifest(BELOW, YOUNG).notes()).contains("other");
    assertHeldIsWhole();
  }

  @Test
  void aManifestOfOtherContentIsRefused() {
    Manifest less = Manifest.of(YOUNG, List.of());
    assertThatThrownBy(() -> store.updateManifest(BELOW, YOUNG, manifest -> less))
        .hasMessageContaining(REASON);
    assertThatThrownBy(() -> resync(less)).hasMessageContaining(REASON);
    assertHeldIsWhole();
  }

  @Test
  void aResyncReplacesNoFileAndDropsNone() throws IOException {
    byte[] blob = SmallBackup.blob("other\n");
    Manifest other = ManifestEdit.withBlob(store.manifest(BELOW, YOUNG), blob);
    assertThatThrownBy(() -> resync(other, SmallBackup.BLOB, blob)).hasMessageContaining(REASON);
    Path stray = store.snapshotPath(BELOW, YOUNG).resolve("extra.blob");
    memory.disk.create(stray, 0644).close();
    resync(store.manifest(BELOW, YOUNG).withNotes("from the source"));
    assertThat(store.manifest(BELOW, YOUNG).notes()).contains("from the source");
    assertThat(memory.exists(stray)).isTrue();
    assertHeldIsWhole();
  }

  @Test
  void aResyncAddsTheLogThatIsMissingAndKeepsTheOneThatIsThere() {
    Manifest same = store.manifest(BELOW, YOUNG);
    byte[] log = SmallBackup.blob("log\n");
    resync(same, ArchiveName.CLIENT_LOG, log);
    assertThat(store.readBlob(BELOW, YOUNG, ArchiveName.CLIENT_LOG)).isEqualTo(log);
    byte[] other = SmallBackup.blob("other\n");
    assertThatThrownBy(() -> resync(same, ArchiveName.CLIENT_LOG, other))
        .hasMessageContaining("cannot replace 'client.log.blob' of snapshot " + YOUNG)
        .hasMessageContaining(REASON);
    assertThat(store.readBlob(BELOW, YOUNG, ArchiveName.CLIENT_LOG)).isEqualTo(log);
  }

  @Test
  void aManifestThatCannotBeReadIsMendedOverTheSameFiles() throws IOException {
    Manifest good = store.manifest(BELOW, YOUNG);
    byte[] conf = store.readBlob(BELOW, YOUNG, SmallBackup.BLOB);
    byte[] damaged = "damaged".getBytes(StandardCharsets.UTF_8);
    Path directory = store.snapshotPath(BELOW, YOUNG);
    memory.replace(directory.resolve(ArchiveName.MANIFEST.text()), damaged);
    byte[] other = SmallBackup.blob("other\n");
    assertThatThrownBy(() -> resync(good, SmallBackup.BLOB, other)).hasMessageContaining(REASON);
    assertThatThrownBy(() -> store.deleteSnapshot(BELOW, YOUNG, true)).hasMessageContaining(REASON);
    resync(good, SmallBackup.BLOB, conf);
    assertHeldIsWhole();
  }

  private void resync(Manifest manifest) {
    try (SnapshotWriter writer = store.reopenSnapshot(BELOW, YOUNG)) {
      writer.finishWith(manifest.encodeBlob());
    }
  }

  private void resync(Manifest manifest, ArchiveName name, byte[] content) {
    try (SnapshotWriter writer = store.reopenSnapshot(BELOW, YOUNG)) {
      writer.rawFile(name, content);
      writer.finishWith(manifest.encodeBlob());
    }
  }
}
