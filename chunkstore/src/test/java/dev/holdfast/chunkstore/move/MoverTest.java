package dev.holdfast.chunkstore.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: a move loses nothing, does what its plan says, and can be stopped, taken up again and
 * undone at any moment.
 */
class MoverTest {
  private static final Namespace A = Namespace.parse("a");
  private static final Namespace B = Namespace.parse("b");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final Duration MONTH = Duration.ofDays(30);
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);
  private static final SnapshotId THIRD = GROUP.at(1_700_000_200);

  private final MemoryStore memory;
  private final Datastore store;
  private final Mover mover;
  private final Heard heard = new Heard();

  MoverTest(@TempDir Path base) {
    memory = MemoryStore.in(base);
    store = memory.store;
    mover = new Mover(store, store);
    store.createNamespaces(A);
    store.createNamespaces(B);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  /** What a move told. */
  private static class Heard implements MoveWatcher {
    final List<String> lines = new ArrayList<>();

    @Override
    public void checkStop() {}

    @Override
    public void outOfOrder(SnapshotId oldest, SnapshotId newest) {
      lines.add("out of order " + oldest.timeText() + " " + newest.timeText());
    }

    @Override
    public void warn(String text) {
      lines.add(text);
    }
  }

  /** Stops a move at its n-th look. */
  private static MoveWatcher stoppingAt(int n) {
    int[] looks = {0};
    return () -> {
      if (++looks[0] == n) {
        throw new BackupException(Kind.CANCELLED, "task aborted");
      }
    };
  }

  private static MoveRequest group(Namespace from, Namespace to) {
    return new MoveRequest.OfGroup(from, GROUP, to, true);
  }

  private static MoveRequest namespace(String from, String to) {
    return new MoveRequest.OfNamespace(
        Namespace.parse(from), Namespace.parse(to), Namespace.DEPTH_MAX, true, true);
  }

  private void assertWhole(Namespace namespace, SnapshotId... snapshots) {
    assertThat(store.snapshots(namespace, snapshots[0].group())).containsExactly(snapshots);
    SnapshotVerifier verifier = new SnapshotVerifier(store);
    for (SnapshotId snapshot : snapshots) {
      assertThat(verifier.verify(namespace, snapshot)).isEmpty();
    }
  }

  @Test
  void takesOwnerNotesProtectionAndManifestAlong() {
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, A, SECOND, 2);
    store.setGroupNotes(A, GROUP, "the web server");
    store.setProtected(A, FIRST, true);
    byte[] manifest = store.manifest(A, FIRST).json();

    MoveReport report = mover.run(group(A, B), heard);

    assertThat(report.complete()).isTrue();
    assertThat(report.snapshotCount()).isEqualTo(2);
    assertWhole(B, FIRST, SECOND);
    assertThat(store.owner(B, GROUP)).isEqualTo(SmallBackup.OWNER);
    assertThat(store.groupNotes(B, GROUP)).isEqualTo("the web server");
    assertThat(store.isProtected(B, FIRST)).isTrue();
    assertThat(store.manifest(B, FIRST).json()).isEqualTo(manifest);
    assertThat(store.groups(A)).isEmpty();
  }

  @Test
  void mergesNewerSnapshotsIntoAGroupAndKeepsTheNotesThatAreThere() {
    SmallBackup.write(store, B, FIRST, 1);
    store.setGroupNotes(B, GROUP, "there");
    SmallBackup.write(store, A, SECOND, 2);
    store.setGroupNotes(A, GROUP, "here");

    mover.run(group(A, B), heard);

    assertWhole(B, FIRST, SECOND);
    assertThat(store.groupNotes(B, GROUP)).isEqualTo("there");
    assertThat(heard.lines).anyMatch(line -> line.contains("those in 'a' were: here"));
  }

  @Test
  void refusesToMergeOlderSnapshots() {
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, B, SECOND, 2);

    assertThatThrownBy(() -> mover.run(group(A, B), heard))
        .hasMessage("cannot merge group 'host/web' from 'a' into 'b': snapshot time mismatch");
    assertThat(heard.lines)
        .containsExactly("out of order " + FIRST.timeText() + " " + SECOND.timeText());
    assertWhole(A, FIRST);
    assertWhole(B, SECOND);
  }

  @Test
  void refusesToMergeGroupsOfTwoOwners() {
    SmallBackup.write(store, B, FIRST, 1);
    store.setOwner(B, GROUP, AuthId.parse("mallory@pbs"));
    SmallBackup.write(store, A, SECOND, 2);

    assertThatThrownBy(() -> mover.run(group(A, B), heard)).hasMessageContaining("owner mismatch");
    assertWhole(A, SECOND);
    assertWhole(B, FIRST);
  }

  @ParameterizedTest
  @CsvSource({
    "host/web, a, a, true, source and target namespace must be different",
    "host/none, a, b, true, group 'host/none' does not exist in namespace 'a'",
    "host/web, a, none, true, target namespace 'none' does not exist",
    "host/web, a, b, false, group 'host/web' already exists in target namespace 'b' and"
        + " merge-group is disabled"
  })
  void saysWhyAGroupCannotBeMoved(
      String group, String from, String to, boolean merge, String expected) {
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, B, SECOND, 2);
    MoveRequest request =
        new MoveRequest.OfGroup(
            Namespace.parse(from), GroupId.parse(group), Namespace.parse(to), merge);

    assertThatThrownBy(() -> mover.plan(request)).hasMessage(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "'', q, Cannot create/delete root namespace!",
    "a, a, source and target namespace must be different",
    "a, a/n1/t, cannot move namespace 'a' into its own subtree (target: 'a/n1/t')",
    "none, q, source namespace 'none' does not exist",
    "a, zz/n1, parent 'zz' of target namespace 'zz/n1' does not exist",
    "1, b/2/3/4/5/6/7, 'cannot move namespace ''1/2'' below ''b/2/3/4/5/6/7'': namespace too deep,"
        + " 8 > max 7'"
  })
  void saysWhyANamespaceCannotBeMoved(String from, String to, String expected) {
    store.createNamespaces(Namespace.parse("1/2"));
    store.createNamespaces(Namespace.parse("b/2/3/4/5/6"));

    assertThatThrownBy(() -> mover.plan(namespace(from, to))).hasMessage(expected);
  }

  @Test
  void planChangesNothingAndTheMoveDoesWhatItSays() {
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, A, SECOND, 2);
    store.createNamespaces(Namespace.parse("a/x"));
    MoveRequest request = namespace("a", "b/new");

    MovePlan plan = mover.plan(request);

    assertThat(store.namespaces(Namespace.ROOT, 7)).hasSize(4);
    assertThat(new MoveHistory(store).list()).isEmpty();
    assertThat(plan.made()).containsExactly(Namespace.parse("b/new"), Namespace.parse("b/new/x"));
    assertThat(plan.removed()).containsExactly(Namespace.parse("a/x"), A);
    assertThat(plan.groups())
        .singleElement()
        .satisfies(
            step -> {
              assertThat(step.snapshots()).containsExactly(FIRST, SECOND);
              assertThat(step.refusal()).isNull();
            });
    MoveReport report = mover.run(request, heard);
    assertThat(report.groupCount()).isEqualTo(1);
    assertThat(store.namespaces(Namespace.ROOT, 7))
        .containsExactly(Namespace.ROOT, B, Namespace.parse("b/new"), Namespace.parse("b/new/x"));
    assertWhole(Namespace.parse("b/new"), FIRST, SECOND);
  }

  @Test
  void leavesTheEmptyNamespacesWhenAskedTo() {
    SmallBackup.write(store, A, FIRST, 1);

    mover.run(new MoveRequest.OfNamespace(A, Namespace.parse("b/a"), 7, false, true), heard);

    assertThat(store.namespaceExists(A)).isTrue();
    assertWhole(Namespace.parse("b/a"), FIRST);
  }

  @Test
  void movesNoDeeperThanAsked() {
    Namespace below = Namespace.parse("a/x");
    store.createNamespaces(below);
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, below, SECOND, 2);

    mover.run(new MoveRequest.OfNamespace(A, Namespace.parse("b/a"), 0, true, true), heard);

    assertWhole(Namespace.parse("b/a"), FIRST);
    assertWhole(below, SECOND);
    assertThat(store.namespaceExists(Namespace.parse("b/a/x"))).isFalse();
  }

  @Test
  void aRunningBackupKeepsItsGroupAndIsNoObstacleToTheOthers() {
    GroupId other = GroupId.parse("vm/100");
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, A, other.at(1_700_000_000), 2);
    try (GroupLock backup = store.lockGroup(A, GROUP, SmallBackup.OWNER)) {
      MoveReport report = mover.run(namespace("a", "b/a"), heard);

      assertThat(report.groupCount()).isEqualTo(1);
      assertThat(report.left())
          .singleElement()
          .satisfies(
              left -> {
                assertThat(left.group()).isEqualTo(GROUP);
                assertThat(left.busy()).isTrue();
              });
      assertWhole(A, FIRST);
      assertThatThrownBy(() -> mover.run(group(A, B), heard))
          .isInstanceOfSatisfying(
              BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED));
    }
    String journal = new MoveHistory(store).list().getFirst().name();

    assertThat(mover.resume(journal, heard).complete()).isTrue();

    assertWhole(Namespace.parse("b/a"), FIRST);
    assertThat(store.namespaceExists(A)).isFalse();
  }

  @Test
  void aSnapshotThatIsReadKeepsItsWholeGroup() {
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, A, SECOND, 2);
    try (Lease reading = store.lockSnapshotShared(A, SECOND)) {
      assertThatThrownBy(() -> mover.run(group(A, B), heard)).hasMessageContaining("lock");
    }
    assertWhole(A, FIRST, SECOND);
    assertThat(store.groups(B)).isEmpty();
  }

  @Test
  void stoppedAnywhereItCanGoOnToItsEnd() {
    for (int n = 1; ; n++) {
      Namespace from = Namespace.parse("from" + n);
      Namespace to = Namespace.parse("to" + n);
      prepare(from);
      MoveRequest request = namespace(from.toString(), to.toString());
      if (!stops(request, n)) {
        assertThat(n).isGreaterThan(5);
        return;
      }
      String journal = new MoveHistory(store).list().getLast().name();

      assertThat(mover.resume(journal, heard).complete()).isTrue();

      assertThat(store.namespaceExists(from)).isFalse();
      assertWhole(to, FIRST, SECOND);
      assertWhole(to.child("x"), THIRD);
      assertThat(new MoveHistory(store).get(journal).state()).isEqualTo(MoveState.DONE);
    }
  }

  @Test
  void stoppedAnywhereItCanBeUndone() {
    for (int n = 1; ; n++) {
      Namespace from = Namespace.parse("from" + n);
      Namespace to = Namespace.parse("to" + n);
      prepare(from);
      MoveRequest request = namespace(from.toString(), to.toString());
      boolean stopped = stops(request, n);
      String journal = new MoveHistory(store).list().getLast().name();

      assertThat(mover.undo(journal, heard).complete()).isTrue();

      assertThat(store.namespaceExists(to)).isFalse();
      assertWhole(from, FIRST, SECOND);
      assertWhole(from.child("x"), THIRD);
      assertThat(store.groupNotes(from, GROUP)).isEqualTo("notes");
      assertThat(new MoveHistory(store).get(journal).state()).isEqualTo(MoveState.UNDONE);
      if (!stopped) {
        assertThat(n).isGreaterThan(5);
        return;
      }
    }
  }

  private void prepare(Namespace from) {
    store.createNamespaces(from.child("x"));
    SmallBackup.write(store, from, FIRST, 1);
    SmallBackup.write(store, from, SECOND, 2);
    store.setGroupNotes(from, GROUP, "notes");
    SmallBackup.write(store, from.child("x"), THIRD, 3);
  }

  private boolean stops(MoveRequest request, int n) {
    try {
      mover.run(request, stoppingAt(n));
      return false;
    } catch (BackupException e) {
      assertThat(e.kind()).isEqualTo(Kind.CANCELLED);
      return true;
    }
  }

  @Test
  void moveThatEndsWithItsProcessIsInterruptedAndNotStopped() {
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, A, SECOND, 2);
    MoveWatcher stop = stoppingAt(3);
    MoveWatcher endOfProcess =
        new Heard() {
          @Override
          public void checkStop() {
            stop.checkStop();
          }

          @Override
          public boolean isInterrupted() {
            return true;
          }
        };

    assertThatThrownBy(() -> mover.run(group(A, B), endOfProcess)).hasMessage("task aborted");

    MoveHistory.Move move = new MoveHistory(store).list().getLast();
    assertThat(move.isInterrupted()).isTrue();
    assertThat(mover.resume(move.name(), heard).complete()).isTrue();
    assertWhole(B, FIRST, SECOND);
    assertThat(new MoveHistory(store).get(move.name()).state()).isEqualTo(MoveState.DONE);
  }

  @Test
  void undoLeavesWhatWasBackedUpSince() {
    SmallBackup.write(store, A, FIRST, 1);
    String journal = mover.run(group(A, B), heard).journal();
    SmallBackup.write(store, B, SECOND, 2);
    SmallBackup.write(store, A, THIRD, 3);

    MoveReport report = mover.undo(journal, heard);

    assertThat(report.snapshotCount()).isEqualTo(1);
    assertWhole(A, FIRST, THIRD);
    assertWhole(B, SECOND);
    assertThatThrownBy(() -> mover.undo(journal, heard)).hasMessageContaining("undone already");
    assertThatThrownBy(() -> mover.resume(journal, heard)).hasMessageContaining("is undone");
  }

  @Test
  void undoSaysWhatItCannotBringBack() {
    SmallBackup.write(store, A, FIRST, 1);
    String journal = mover.run(group(A, B), heard).journal();
    SmallBackup.write(store, A, FIRST, 9);

    MoveReport report = mover.undo(journal, heard);

    assertThat(report.left())
        .singleElement()
        .satisfies(left -> assertThat(left.why()).contains("snapshot time mismatch"));
    assertWhole(A, FIRST);
    assertWhole(B, FIRST);
    assertThat(new MoveHistory(store).get(journal).state()).isEqualTo(MoveState.STOPPED);
  }

  @Test
  void whatIsHeldGoesOnlyToWhereItIsHeldAsLong() {
    SnapshotId held = GROUP.at(memory.clock.instant().getEpochSecond());
    SmallBackup.write(store, A, held, 1);
    store.setHolds(new Holds(Map.of(A, MONTH, Namespace.parse("b/c"), MONTH)));
    store.createNamespaces(Namespace.parse("b/c"));

    assertThat(mover.plan(group(A, B)).groups().getFirst().refusal()).contains("held until");
    assertThatThrownBy(() -> mover.run(group(A, B), heard))
        .hasMessageContaining("cannot move snapshots of namespace 'a' to 'b': held until");
    assertWhole(A, held);

    mover.run(group(A, Namespace.parse("b/c")), heard);

    assertWhole(Namespace.parse("b/c"), held);
    memory.clock.advance(MONTH);
    mover.run(group(Namespace.parse("b/c"), B), heard);
    assertWhole(B, held);
  }

  @Test
  void oneMoveIsWorkedOnOnce() {
    SmallBackup.write(store, A, FIRST, 1);
    String journal = mover.run(group(A, B), heard).journal();
    try (Lease working = store.lockMove(journal)) {
      assertThat(new MoveHistory(store).get(journal).running()).isTrue();
      assertThatThrownBy(() -> mover.undo(journal, heard))
          .hasMessage("move '" + journal + "' is running");
    }
  }

  @Test
  void movesThatBeginTogetherHaveJournalsOfTheirOwn() throws Exception {
    int moves = 8;
    for (int i = 0; i < moves; i++) {
      store.createNamespaces(Namespace.parse("from/" + i));
      SmallBackup.write(store, Namespace.parse("from/" + i), FIRST, i);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(moves)) {
      List<Future<MoveReport>> running = new ArrayList<>();
      for (int i = 0; i < moves; i++) {
        MoveRequest request = namespace("from/" + i, "b/" + i);
        running.add(threads.submit(() -> mover.run(request, () -> {})));
      }
      Set<String> names = new HashSet<>();
      for (Future<MoveReport> each : running) {
        assertThat(each.get().complete()).isTrue();
        names.add(each.get().journal());
      }
      assertThat(names).hasSize(moves);
    }
    assertThat(new MoveHistory(store).list()).hasSize(moves);
  }

  @Test
  void aGroupThatTheTargetHadBeforeIsNotMergedBecauseOneOfItsNameWasBegunElsewhere() {
    store.createNamespaces(Namespace.parse("a/x"));
    store.createNamespaces(Namespace.parse("b/x"));
    SmallBackup.write(store, A, FIRST, 1);
    SmallBackup.write(store, Namespace.parse("a/x"), SECOND, 2);
    SmallBackup.write(store, Namespace.parse("b/x"), FIRST, 3);
    MoveReport first = mover.run(new MoveRequest.OfNamespace(A, B, 7, true, false), heard);
    assertThat(first.left()).hasSize(1);

    MoveReport again = mover.resume(first.journal(), heard);

    assertThat(again.left())
        .singleElement()
        .satisfies(left -> assertThat(left.why()).contains("merge-group is disabled"));
    assertWhole(Namespace.parse("a/x"), SECOND);
  }

  @Test
  void anUnknownMoveIsNotFound() {
    assertThatThrownBy(() -> mover.undo("20260101T000000Z-0000", heard))
        .hasMessage("datastore 'test' has no move '20260101T000000Z-0000'");
    assertThatThrownBy(() -> mover.undo("../x", heard))
        .hasMessage("invalid name of a move '../x': expected YYYYMMDDTHHMMSSZ-xxxx");
  }

  @Test
  void movesThatAreSettledAreForgottenAfterAHundred() {
    for (int i = 0; i < 51; i++) {
      SmallBackup.write(store, A, GROUP.at(FIRST.time() + i), 1);
      mover.run(group(A, B), heard);
      store.deleteGroup(B, GROUP);
      SmallBackup.write(store, A, FIRST, 1);
      mover.run(group(A, B), heard);
      store.deleteGroup(B, GROUP);
    }

    assertThat(new MoveHistory(store).list()).hasSize(101);
  }
}
