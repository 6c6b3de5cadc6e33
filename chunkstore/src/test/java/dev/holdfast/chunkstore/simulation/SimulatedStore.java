package dev.holdfast.chunkstore.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.ChunkLookup;
import dev.holdfast.chunkstore.chunk.SyncLevel;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.index.DynamicIndexWriter;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.move.MoveHistory;
import dev.holdfast.chunkstore.move.MoveRequest;
import dev.holdfast.chunkstore.move.Mover;
import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.PruneSelection;
import dev.holdfast.chunkstore.prune.PruneSelection.Candidate;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import dev.holdfast.chunkstore.testing.MemoryDisk;
import dev.holdfast.chunkstore.testing.SetClock;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.DatastoreVerifier;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.verify.VerifyRules;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One history: actors that back up, prune, forget, move, verify and collect on one datastore, whose
 * interleaving, clock and content follow from a seed. What must hold is looked at in the step in
 * which it could break: no chunk goes that a finished snapshot names; what is finished is whole; no
 * snapshot goes that is held.
 */
final class SimulatedStore implements SteppedFiles.Listener {
  static final ArchiveName ARCHIVE = new ArchiveName("root.pxar.didx");

  private static final List<Namespace> NAMESPACES = List.of(Namespace.ROOT, Namespace.parse("a"));
  private static final List<GroupId> GROUPS =
      List.of(GroupId.parse("host/x"), GroupId.parse("vm/1"));
  private static final Holds HOLDS = new Holds(Map.of(Namespace.parse("a"), Duration.ofHours(30)));
  private static final int CHUNKS = 30;
  private static final int CHUNKS_PER_BACKUP = 5;
  private static final int ROUNDS = 3;
  private static final List<byte[]> PLAIN =
      IntStream.range(0, CHUNKS)
          .mapToObj(i -> ("chunk " + i).getBytes(StandardCharsets.UTF_8))
          .toList();
  private static final List<byte[]> ENCODED =
      PLAIN.stream().map(plain -> DataBlob.encode(plain, 0, plain.length, false)).toList();
  private static final List<Digest> DIGESTS = PLAIN.stream().map(Digest::sha256).toList();

  /** A finished snapshot, as the one who finished it was told. */
  private record Place(Namespace namespace, SnapshotId snapshot) {}

  private final Random random;

  /** In every other history all work on one group. */
  private final boolean crowded;

  private final Collector collector;
  private final Path base;
  private final SetClock clock = new SetClock();
  private final Map<Place, Set<Digest>> finished = new HashMap<>();
  private MemoryDisk disk = new MemoryDisk(clock);
  private Turns turns;
  private Datastore store;

  SimulatedStore(long seed, Collector collector, Path base) {
    this.random = new Random(seed);
    this.crowded = random.nextBoolean();
    this.collector = collector;
    this.base = base;
    disk.makeDirectories(base.resolve(".chunks"));
    this.turns = newTurns();
    this.store = open();
    store.createNamespaces(Namespace.parse("a"));
    disk.syncFileSystem(base);
  }

  private Turns newTurns() {
    return new Turns(random, this::moveClock);
  }

  private Datastore open() {
    Turns here = turns;
    return Datastore.open(
        TestStores.NAME,
        new SteppedFiles(disk, here, this),
        base,
        SyncLevel.FILESYSTEM,
        HOLDS,
        clock,
        random,
        () -> new TurnLock(here));
  }

  /** Mostly moments pass, sometimes days. */
  private void moveClock() {
    clock.advance(
        switch (random.nextInt(60)) {
          case 0 -> Duration.ofDays(2);
          case 1 -> Duration.ofHours(5);
          case 2, 3 -> Duration.ofMinutes(3);
          default -> Duration.ofMillis(random.nextInt(500));
        });
  }

  /** Rounds of actors, with a loss of power in some; then everything is looked at. */
  void run() throws Throwable {
    try {
      for (int round = 0; round < ROUNDS; round++) {
        int actors = 3 + random.nextInt(4);
        for (int i = 0; i < actors; i++) {
          addActor();
        }
        int powerLossAt = random.nextInt(4) == 0 ? 1 + random.nextInt(600) : 0;
        turns.run(powerLossAt);
        if (powerLossAt != 0) {
          losePower();
        }
        clock.advance(Duration.ofHours(random.nextInt(60)));
        turns = newTurns();
        store.close();
        store = open();
        var unused = store.removeRemains();
      }
      checkAll();
      checkThatGarbageGoes();
    } finally {
      store.close();
    }
  }

  private void losePower() {
    disk = disk.afterPowerLoss(random.nextBoolean() ? random : null);
    List.copyOf(finished.keySet()).forEach(this::findAgain);
  }

  /** What was being moved is in one of the two places. */
  private void findAgain(Place place) {
    if (isThere(place)) {
      return;
    }
    for (Namespace namespace : NAMESPACES) {
      Place other = new Place(namespace, place.snapshot);
      Set<Digest> digests = finished.get(place);
      if (digests != null && !finished.containsKey(other) && isThere(other)) {
        finished.remove(place);
        finished.put(other, digests);
      }
    }
  }

  private boolean isThere(Place place) {
    Path directory = store.snapshotPath(place.namespace, place.snapshot);
    return disk.stat(directory.resolve(ArchiveName.MANIFEST.text())) != null;
  }

  private void addActor() {
    Random own = new Random(random.nextLong());
    Namespace namespace = NAMESPACES.get(crowded ? 0 : own.nextInt(NAMESPACES.size()));
    GroupId group = GROUPS.get(crowded ? 0 : own.nextInt(GROUPS.size()));
    switch (own.nextInt(12)) {
      case 0, 1, 2 -> turns.add(() -> backups(own, namespace, group));
      case 3, 4 -> turns.add(() -> prune(namespace, group));
      case 5 -> turns.add(() -> forget(own, namespace, group));
      case 6 -> turns.add(() -> verify(namespace, group));
      case 7, 8 -> turns.add(() -> move(own, namespace, group));
      default -> turns.add(() -> collector.collect(store, cutoff(own)));
    }
  }

  private static Duration cutoff(Random own) {
    return own.nextBoolean() ? Duration.ofMinutes(1) : Duration.ofMinutes(1445);
  }

  // ---- actors ----

  private void backups(Random own, Namespace namespace, GroupId group) {
    for (int i = 0; i < 2; i++) {
      try {
        backup(own, namespace, group);
      } catch (BackupException e) {
        requireExpected(e);
      }
    }
  }

  /** As a session does it: locks, the base held, known chunks named without a touch. */
  private void backup(Random own, Namespace namespace, GroupId group) {
    try (Lease writing = store.openWriter();
        GroupLock lock = store.lockGroup(namespace, group, SmallBackup.OWNER)) {
      Optional<SnapshotId> last = store.lastFinished(namespace, group);
      List<Lease> held = new ArrayList<>();
      try {
        last.ifPresent(snapshot -> held.add(store.lockBase(namespace, snapshot)));
        Set<Digest> known = new HashSet<>();
        last.ifPresent(snapshot -> known.addAll(digests(namespace, snapshot)));
        store.removeUnfinished(namespace, group);
        long newest = last.map(SnapshotId::time).orElse(0L);
        long time = Math.max(newest + 1, clock.instant().getEpochSecond());
        try (SnapshotWriter writer = store.beginSnapshot(namespace, group.at(time))) {
          upload(own, writer, known);
          if (own.nextInt(5) > 0) {
            writer.finish(manifest -> manifest);
            finished(namespace, group.at(time));
          }
        }
      } finally {
        held.forEach(Lease::close);
      }
    }
  }

  private void upload(Random own, SnapshotWriter writer, Set<Digest> known) {
    try (DynamicIndexWriter index = writer.dynamicIndex(ARCHIVE)) {
      long end = 0;
      for (int i = 0; i < CHUNKS_PER_BACKUP; i++) {
        int chunk = own.nextInt(CHUNKS);
        if (!known.isEmpty() && own.nextBoolean()) {
          chunk = DIGESTS.indexOf(known.iterator().next());
        }
        Digest digest = DIGESTS.get(chunk);
        if (!known.contains(digest) || own.nextInt(3) == 0) {
          byte[] encoded = ENCODED.get(chunk);
          store.chunks().insert(digest, encoded, encoded.length);
        }
        turns.step();
        end += PLAIN.get(chunk).length;
        index.append(end, digest);
      }
      index.finish();
      ManifestFile file = new ManifestFile(ARCHIVE, CryptMode.NONE, end, index.checksum());
      byte[] manifest = Manifest.of(writer.snapshot(), List.of(file)).encodeBlob();
      writer.blob(ArchiveName.MANIFEST, manifest);
    }
  }

  private void prune(Namespace namespace, GroupId group) {
    List<Candidate> candidates =
        store.snapshots(namespace, group).stream().map(s -> candidate(namespace, s)).toList();
    KeepRules rules = new KeepRules(Map.of(KeepRules.Period.LAST, 1L));
    PruneSelection.decide(candidates, rules, ZoneOffset.UTC)
        .forEach(
            (time, decision) -> {
              if (decision.mark() == Mark.REMOVE) {
                remove(namespace, group.at(time));
              }
            });
  }

  private Candidate candidate(Namespace namespace, SnapshotId snapshot) {
    return new Candidate(
        snapshot.time(),
        store.isFinished(namespace, snapshot),
        false,
        store.held(namespace, snapshot).isPresent());
  }

  private void remove(Namespace namespace, SnapshotId snapshot) {
    try {
      store.deleteSnapshot(namespace, snapshot, false);
    } catch (BackupException e) {
      requireExpected(e);
    }
  }

  private void forget(Random own, Namespace namespace, GroupId group) {
    try {
      switch (own.nextInt(3)) {
        case 0 -> {
          if (!namespace.isRoot()) {
            var unused = store.deleteNamespace(namespace, true);
            store.createNamespaces(namespace);
          }
        }
        case 1 -> {
          var unused = store.deleteGroup(namespace, group);
        }
        default -> store.lastFinished(namespace, group).ifPresent(s -> remove(namespace, s));
      }
    } catch (BackupException e) {
      requireExpected(e);
    }
  }

  /** There, sometimes back; or what an earlier one left is brought to an end. */
  private void move(Random own, Namespace namespace, GroupId group) {
    Mover mover = new Mover(store, store);
    Namespace other = namespace.isRoot() ? NAMESPACES.getLast() : Namespace.ROOT;
    try {
      Optional<MoveHistory.Move> interrupted =
          new MoveHistory(store).list().stream().filter(MoveHistory.Move::isInterrupted).findAny();
      String journal =
          interrupted.isPresent()
              ? mover.resume(interrupted.get().name(), turns::step).journal()
              : mover
                  .run(new MoveRequest.OfGroup(namespace, group, other, true), turns::step)
                  .journal();
      if (own.nextBoolean()) {
        var unused = mover.undo(journal, turns::step);
      }
    } catch (BackupException e) {
      requireExpected(e);
    }
  }

  private void verify(Namespace namespace, GroupId group) {
    DatastoreVerifier run =
        new DatastoreVerifier(
            store, new SnapshotVerifier(store), (VerifyState state) -> 0, "UPID:simulated");
    DatastoreVerifier.Group selected = run.select(namespace, group, VerifyRules.all());
    if (selected != null) {
      assertThat(run.verify(List.of(selected), new SilentListener())).isEmpty();
    }
  }

  /** Somebody else works on it, or has removed it, or its time has not come. */
  private static void requireExpected(BackupException e) {
    if (e.kind() != Kind.LOCKED
        && e.kind() != Kind.NOT_FOUND
        && e.kind() != Kind.ALREADY_EXISTS
        && !e.text().contains("partially deleted")
        && !e.text().contains("held until")
        && !e.text().contains("cannot merge")
        && !e.text().contains("does not exist")
        && !e.text().contains("undone")) {
      throw e;
    }
  }

  // ---- what must hold ----

  private Set<Digest> digests(Namespace namespace, SnapshotId snapshot) {
    return digests(store.readIndex(namespace, snapshot, ARCHIVE));
  }

  private static Set<Digest> digests(ChunkIndex index) {
    Set<Digest> digests = new HashSet<>();
    for (int i = 0; i < index.chunkCount(); i++) {
      digests.add(index.digest(i));
    }
    return digests;
  }

  private boolean isThere(Digest digest) {
    return disk.stat(store.chunks().path(digest)) != null;
  }

  /** The client was told that it has a backup. Read past the simulation: this is no step. */
  private void finished(Namespace namespace, SnapshotId snapshot) {
    Path file = store.snapshotPath(namespace, snapshot).resolve(ARCHIVE.text());
    if (disk.stat(file) == null) {
      return; // forgotten already
    }
    Set<Digest> digests = digests(ChunkIndex.read(disk, file, ARCHIVE));
    assertThat(digests).as("chunks of %s, just finished", snapshot).allMatch(this::isThere);
    finished.put(new Place(namespace, snapshot), digests);
  }

  /** A snapshot that was moved, or something that was put in its place or aside. */
  @Override
  public void renamed(Path from, Path to) {
    Place left = placeAt(from);
    Place entered = placeAt(to);
    if (left == null || entered == null) {
      gone(from);
      return;
    }
    Set<Digest> digests = finished.remove(left);
    if (digests != null) {
      finished.put(entered, digests);
    }
  }

  private @Nullable Place placeAt(Path path) {
    for (Namespace namespace : NAMESPACES) {
      for (GroupId group : GROUPS) {
        String name = String.valueOf(path.getFileName());
        Path directory = store.snapshotPath(namespace, group.at(1));
        if (name.matches("[0-9T:-]{19}Z") && path.equals(directory.resolveSibling(name))) {
          return new Place(namespace, group.at(SnapshotId.parseTime(name)));
        }
      }
    }
    return null;
  }

  /** In the step in which a name went. */
  @Override
  public void gone(Path path) {
    String name = String.valueOf(path.getFileName());
    if (name.equals(ArchiveName.MANIFEST.text())) {
      finished
          .keySet()
          .removeIf(
              place -> {
                boolean gone = path.startsWith(store.snapshotPath(place.namespace, place.snapshot));
                assertThat(gone && isHeld(place)).as("whether held %s goes", place).isFalse();
                return gone;
              });
    }
    if (name.length() == Digest.HEX_LENGTH) {
      Digest digest = Digest.parse(name);
      finished.forEach(
          (place, digests) -> {
            if (digests.contains(digest)) {
              throw new AssertionError(
                  "chunk " + digest + " went, which " + place + " names, at " + clock.instant());
            }
          });
    }
  }

  private boolean isHeld(Place place) {
    return HOLDS.held(place.namespace, place.snapshot, clock.instant()).isPresent();
  }

  private void checkAll() {
    for (Map.Entry<Place, Set<Digest>> each : finished.entrySet()) {
      Place place = each.getKey();
      assertThat(store.isFinished(place.namespace, place.snapshot)).as("%s", place).isTrue();
    }
    SnapshotVerifier verifier = new SnapshotVerifier(store);
    TestStores.eachFinished(
        store, (namespace, snapshot) -> assertThat(verifier.verify(namespace, snapshot)).isEmpty());
  }

  /** What nobody names goes when nobody works any more. */
  private void checkThatGarbageGoes() {
    Set<Digest> named = new HashSet<>();
    for (Namespace namespace : store.namespaces(Namespace.ROOT, Namespace.DEPTH_MAX)) {
      for (GroupId group : store.groups(namespace)) {
        var unused = store.removeUnfinished(namespace, group);
        store.snapshots(namespace, group).forEach(s -> named.addAll(digests(namespace, s)));
      }
    }
    clock.advance(Duration.ofDays(3));
    collector.collect(store, Duration.ofMinutes(1445));
    for (Digest digest : DIGESTS) {
      boolean there = store.chunks().lookup(digest) instanceof ChunkLookup.Present;
      assertThat(there).as("whether %s is there", digest).isEqualTo(named.contains(digest));
    }
  }

  private static final class SilentListener implements DatastoreVerifier.Listener {
    @Override
    public void group(Namespace namespace, GroupId group, int snapshots) {}

    @Override
    public void snapshot(Namespace namespace, SnapshotId snapshot) {}

    @Override
    public void skipped(Namespace namespace, SnapshotId snapshot, String why) {}

    @Override
    public void progress(int group, int groups, int snapshot, int snapshots) {}
  }
}
