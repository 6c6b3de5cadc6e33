package dev.holdfast.chunkstore.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.gc.GarbageCollector;
import dev.holdfast.chunkstore.gc.GcOptions;
import dev.holdfast.chunkstore.gc.GcWatcher;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.work.Workers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** At stake: what runs beside a move loses nothing by it, and the move loses nothing. */
class MoveBesideOthersTest {
  private static final int GROUPS = 100;
  private static final int ROUNDS = 20;
  private static final Namespace OLD = Namespace.parse("site/old");
  private static final Namespace NEW = Namespace.parse("site/new");
  private static final Namespace SIBLING = Namespace.parse("site/sibling");
  private static final long TIME = 1_700_000_000;

  private final MemoryStore memory;
  private final Datastore store;

  MoveBesideOthersTest(@TempDir Path base) {
    memory = MemoryStore.in(base);
    store = memory.store;
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private static GroupId group(int number) {
    return GroupId.parse("vm/" + (100 + number));
  }

  @Test
  void aSubtreeOfAHundredGroupsMovesWhileItsSiblingsAreBackedUpPrunedAndCollected()
      throws Exception {
    store.createNamespaces(OLD.child("deep"));
    store.createNamespaces(SIBLING);
    for (int i = 0; i < GROUPS; i++) {
      Namespace namespace = i % 2 == 0 ? OLD : OLD.child("deep");
      SmallBackup.write(store, namespace, group(i).at(TIME), i);
      SmallBackup.write(store, namespace, group(i).at(TIME + 1), i + 1);
    }
    Mover mover = new Mover(store, store);
    MoveRequest request = new MoveRequest.OfNamespace(OLD, NEW, 7, true, true);
    MovePlan plan = mover.plan(request);
    assertThat(plan.groups()).hasSize(GROUPS).allMatch(step -> step.refusal() == null);

    MoveReport report;
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<?>> others =
          List.of(
              threads.submit(() -> repeat(this::backUpAndPrune)),
              threads.submit(() -> repeat(this::collect)));
      report = mover.run(request, () -> {});
      for (Future<?> other : others) {
        other.get();
      }
    }

    assertThat(report.complete()).isTrue();
    assertThat(report.groupCount()).isEqualTo(GROUPS);
    assertThat(wholeBelowNew()).isEqualTo(outcome(plan));
    assertThat(store.namespaceExists(OLD)).isFalse();
    assertThat(store.snapshots(SIBLING, group(0))).isNotEmpty();
  }

  private static Set<String> outcome(MovePlan plan) {
    Set<String> planned = new HashSet<>();
    plan.groups().forEach(step -> step.snapshots().forEach(s -> planned.add(step.to() + ":" + s)));
    return planned;
  }

  private Set<String> wholeBelowNew() {
    Set<String> found = new HashSet<>();
    SnapshotVerifier verifier = new SnapshotVerifier(store);
    TestStores.eachFinished(
        store,
        (namespace, snapshot) -> {
          assertThat(verifier.verify(namespace, snapshot)).isEmpty();
          if (NEW.contains(namespace)) {
            found.add(namespace + ":" + snapshot);
          }
        });
    return found;
  }

  private static void repeat(IntConsumer work) {
    for (int round = 0; round < ROUNDS; round++) {
      work.accept(round);
    }
  }

  private void backUpAndPrune(int round) {
    SnapshotId snapshot = group(0).at(TIME + round);
    SmallBackup.write(store, SIBLING, snapshot, round);
    if (round > 1) {
      store.deleteSnapshot(SIBLING, group(0).at(TIME + round - 2), false);
    }
  }

  private void collect(int round) {
    memory.clock.advance(Duration.ofDays(2));
    var unused = new GarbageCollector(store, GcOptions.usual(Workers.none()), () -> {}).run();
  }

  /** Whichever of the two places a collection has looked at when the snapshot goes to it. */
  @Test
  void aSnapshotThatMovesWhileGarbageIsCollectedKeepsItsChunks() {
    Namespace here = Namespace.parse("here");
    Namespace there = Namespace.parse("there");
    for (Namespace namespace : List.of(here, there)) {
      store.createNamespaces(namespace);
      SmallBackup.write(store, namespace, group(0).at(TIME), 1);
      SmallBackup.write(store, namespace, group(2).at(TIME), 1);
    }
    SmallBackup.write(store, here, group(1).at(TIME), 7);
    for (int marked = 0; marked <= 10; marked++) {
      memory.clock.advance(Duration.ofDays(3));
      Namespace from = marked % 2 == 0 ? here : there;
      Namespace to = marked % 2 == 0 ? there : here;

      collectAndMove(marked, from, to);

      assertThat(new SnapshotVerifier(store).verify(to, group(1).at(TIME))).isEmpty();
      collectAndMove(marked, to, from);
      assertThat(new SnapshotVerifier(store).verify(from, group(1).at(TIME))).isEmpty();
      collectAndMove(0, from, to);
    }
  }

  private void collectAndMove(int atMark, Namespace from, Namespace to) {
    memory.clock.advance(Duration.ofDays(3));
    GcWatcher moving =
        new GcWatcher() {
          @Override
          public void checkStop() {}

          @Override
          public void marking() {
            marked(0, 0);
          }

          @Override
          public void marked(long indexFiles, long indexFilesTotal) {
            if (indexFiles == atMark && store.ownerIfAny(from, group(1)).isPresent()) {
              move(from, to);
            }
          }
        };
    var unused = new GarbageCollector(store, GcOptions.usual(Workers.none()), moving).run();
  }

  private void move(Namespace from, Namespace to) {
    var unused =
        new Mover(store, store).run(new MoveRequest.OfGroup(from, group(1), to, true), () -> {});
  }
}
