package dev.holdfast.chunkstore.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: between two datastores a snapshot is copied, and goes here only when all of it is there
 * for good.
 */
class MoveBetweenStoresTest {
  private static final Namespace A = Namespace.parse("a");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);
  private static final List<ArchiveName> FILES =
      List.of(SmallBackup.DYNAMIC, SmallBackup.FIXED, SmallBackup.BLOB, ArchiveName.MANIFEST);

  private final MemoryStore here;
  private final MemoryStore there;
  private final Mover mover;

  MoveBetweenStoresTest(@TempDir Path directory) throws IOException {
    here = MemoryStore.in(Files.createDirectory(directory.resolve("here")));
    there = MemoryStore.named("there", Files.createDirectory(directory.resolve("there")));
    mover = new Mover(here.store, there.store);
    here.store.createNamespaces(A);
    SmallBackup.write(here.store, A, FIRST, 1);
    SmallBackup.write(here.store, A, SECOND, 2);
  }

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  private static MoveRequest request() {
    return new MoveRequest.OfGroup(A, GROUP, Namespace.ROOT, true);
  }

  private static Map<ArchiveName, byte[]> files(
      MemoryStore memory, Namespace namespace, SnapshotId snapshot) throws IOException {
    Map<ArchiveName, byte[]> files = new HashMap<>();
    Path directory = memory.store.snapshotPath(namespace, snapshot);
    for (ArchiveName name : FILES) {
      files.put(name, FileContent.read(memory.disk, directory.resolve(name.text()), 1 << 20));
    }
    return files;
  }

  private static void assertWhole(Datastore store, Namespace namespace, SnapshotId snapshot) {
    assertThat(new SnapshotVerifier(store).verify(namespace, snapshot)).isEmpty();
  }

  @Test
  void eachFileIsTheSameByteForByte() throws IOException {
    Map<ArchiveName, byte[]> before = files(here, A, FIRST);
    here.store.setProtected(A, FIRST, true);
    here.store.setGroupNotes(A, GROUP, "notes");

    assertThat(mover.run(request(), () -> {}).snapshotCount()).isEqualTo(2);

    Map<ArchiveName, byte[]> after = files(there, Namespace.ROOT, FIRST);
    FILES.forEach(name -> assertThat(after.get(name)).isEqualTo(before.get(name)));
    assertWhole(there.store, Namespace.ROOT, FIRST);
    assertWhole(there.store, Namespace.ROOT, SECOND);
    assertThat(there.store.isProtected(Namespace.ROOT, FIRST)).isTrue();
    assertThat(there.store.isProtected(Namespace.ROOT, SECOND)).isFalse();
    assertThat(there.store.groupNotes(Namespace.ROOT, GROUP)).isEqualTo("notes");
    assertThat(here.store.groups(A)).isEmpty();
  }

  @Test
  void aDamagedSnapshotStaysWhereItIs() throws IOException {
    here.damage(here.store.readIndex(A, SECOND, SmallBackup.DYNAMIC).digest(0));

    assertThatThrownBy(() -> mover.run(request(), () -> {}))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPT_DATA));

    assertThat(here.store.snapshots(A, GROUP)).containsExactly(SECOND);
    assertThat(there.store.snapshots(Namespace.ROOT, GROUP)).containsExactly(FIRST);
    assertWhole(there.store, Namespace.ROOT, FIRST);
  }

  @Test
  void stoppedAnywhereItGoesOnOrBack() {
    for (int n = 1; ; n++) {
      String journal = stopAt(n);
      if (journal.isEmpty()) {
        assertThat(n).isGreaterThan(10);
        return;
      }
      if (n % 2 == 0) {
        assertThat(mover.resume(journal, () -> {}).complete()).isTrue();
        assertWhole(there.store, Namespace.ROOT, FIRST);
        assertWhole(there.store, Namespace.ROOT, SECOND);
      }
      assertThat(mover.undo(journal, () -> {}).complete()).isTrue();
      assertWhole(here.store, A, FIRST);
      assertWhole(here.store, A, SECOND);
      assertThat(there.store.groups(Namespace.ROOT)).isEmpty();
    }
  }

  /** The move's name; empty when it was not stopped. */
  private String stopAt(int n) {
    int[] looks = {0};
    try {
      mover.run(
          request(),
          () -> {
            if (++looks[0] == n) {
              throw new BackupException(Kind.CANCELLED, "task aborted");
            }
          });
      return "";
    } catch (BackupException e) {
      assertThat(e.kind()).isEqualTo(Kind.CANCELLED);
      return new MoveHistory(here.store).list().getLast().name();
    }
  }

  @Test
  void whatIsHeldGoesOnlyToWhereItIsHeldAsLong() {
    SnapshotId held = GROUP.at(here.clock.instant().getEpochSecond());
    SmallBackup.write(here.store, A, held, 1);
    Holds month = new Holds(Map.of(Namespace.ROOT, Duration.ofDays(30)));
    here.store.setHolds(month);

    assertThatThrownBy(() -> mover.run(request(), () -> {})).hasMessageContaining("held until");
    assertThat(here.store.snapshots(A, GROUP)).hasSize(3);
    there.store.setHolds(month);

    assertThat(mover.run(request(), () -> {}).snapshotCount()).isEqualTo(3);

    assertWhole(there.store, Namespace.ROOT, held);
    assertThat(here.store.groups(A)).isEmpty();
  }

  @Test
  void aSnapshotThatIsThereAlreadyByAnInterruptedMoveIsNotCopiedAgain() throws IOException {
    try (GroupLock entered = there.store.lockGroup(Namespace.ROOT, GROUP, SmallBackup.OWNER)) {
      new SnapshotCopy(here.store, there.store, () -> {}).run(A, FIRST, Namespace.ROOT);
    }
    byte[] before = files(there, Namespace.ROOT, FIRST).get(SmallBackup.DYNAMIC);

    mover.run(request(), () -> {});

    assertThat(files(there, Namespace.ROOT, FIRST).get(SmallBackup.DYNAMIC)).isEqualTo(before);
    assertThat(here.store.namespaceExists(A)).isTrue();
    assertThat(here.store.groups(A)).isEmpty();
  }

  @Test
  void aMoveIsUndoneTowardsTheDatastoreItCameFrom() {
    String journal = mover.run(request(), () -> {}).journal();

    assertThatThrownBy(() -> new Mover(here.store, here.store).undo(journal, () -> {}))
        .hasMessage("move '" + journal + "' goes to datastore 'there', not to 'test'");
  }
}
