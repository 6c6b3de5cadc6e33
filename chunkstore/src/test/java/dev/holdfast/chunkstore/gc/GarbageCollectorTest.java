package dev.holdfast.chunkstore.gc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.chunk.ChunkLookup;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.datastore.SnapshotWriter;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.FileContent;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.MemoryDisk;
import dev.holdfast.chunkstore.testing.MemoryStore;
import dev.holdfast.chunkstore.testing.SetClock;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.work.Workers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: a collection must free what nobody needs and nothing else, whatever runs beside it. On
 * a disk in memory and a clock that the test moves.
 */
class GarbageCollectorTest {
  private static final Namespace NS = Namespace.parse("a/b");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId OLDER = GROUP.at(1_700_000_000);
  private static final SnapshotId NEWER = GROUP.at(1_700_000_100);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Duration TWO_DAYS = Duration.ofDays(2);

  private final WatchedCollection watched = new WatchedCollection();
  private final Path base;
  private final MemoryStore memory;
  private final MemoryDisk disk;
  private final SetClock clock;
  private final Datastore store;

  GarbageCollectorTest(@TempDir Path base) {
    this.base = base;
    this.memory = MemoryStore.in(base);
    this.disk = memory.disk;
    this.clock = memory.clock;
    this.store = memory.store;
    store.createNamespaces(NS);
  }

  @AfterEach
  void close() {
    memory.close();
  }

  private GarbageCollector.Result collect() {
    return collect(GcOptions.usual(Workers.none()));
  }

  private GarbageCollector.Result collect(GcOptions options) {
    return new GarbageCollector(store, options, watched).run();
  }

  private static GcOptions dryRun() {
    return new GcOptions(GcOptions.CUTOFF_DEFAULT, true, true, Workers.none());
  }

  private Set<Digest> chunksOf(SnapshotId snapshot) {
    return memory.chunksOf(NS, snapshot);
  }

  private static Digest insert(Datastore store, String text) {
    byte[] encoded = SmallBackup.blob(text);
    Digest digest = Digest.sha256(DataBlob.decode(encoded, encoded.length, 1000));
    store.chunks().insert(digest, encoded, encoded.length);
    return digest;
  }

  private boolean isThere(Digest digest) {
    return store.chunks().lookup(digest) instanceof ChunkLookup.Present;
  }

  private Instant usedAt(Digest digest) {
    return memory.usedAt(digest);
  }

  private void assertRestorable(SnapshotId snapshot) {
    assertThat(new SnapshotVerifier(store).verify(NS, snapshot)).isEmpty();
  }

  @Test
  void removesWhatNobodyNamesOnceItsTimeHasCome() {
    SmallBackup.write(store, NS, OLDER, 1);
    SmallBackup.write(store, NS, NEWER, 2);
    Set<Digest> onlyOlder = chunksOf(OLDER);
    onlyOlder.removeAll(chunksOf(NEWER));
    store.deleteSnapshot(NS, OLDER, false);

    clock.advance(DAY);
    GcStatus first = collect().status();
    assertThat(first.pending().chunks()).isEqualTo(onlyOlder.size()).isPositive();
    assertThat(onlyOlder).allMatch(this::isThere);

    watched.percents.clear();
    clock.advance(DAY);
    GcStatus second = collect().status();
    assertThat(second.removed().chunks()).isEqualTo(onlyOlder.size());
    assertThat(second.removed().bytes()).isEqualTo(first.pending().bytes());
    assertThat(onlyOlder).noneMatch(this::isThere);
    assertRestorable(NEWER);
    assertThat(watched.percents).isSorted().doesNotHaveDuplicates().endsWith(100);
  }

  @Test
  void touchesEachChunkThatIsNamedOnceHoweverOftenItIsNamed() {
    SmallBackup.write(store, NS, OLDER, 1);
    SmallBackup.write(store, NS, NEWER, 2);
    Set<Digest> named = chunksOf(OLDER);
    named.addAll(chunksOf(NEWER));
    clock.advance(TWO_DAYS);

    GarbageCollector.Result result = collect();

    assertThat(result.touchCount()).isEqualTo(named.size());
    assertThat(named).allMatch(digest -> usedAt(digest).equals(clock.instant()));
    GcStatus status = result.status();
    assertThat(status.disk().chunks()).isEqualTo(named.size());
    assertThat(status.indexFileCount()).isEqualTo(4);
    assertThat(status.cache()).isEqualTo(new GcStatus.Cache(12 - named.size(), named.size()));
  }

  @Test
  void doesNotTouchAgainWhatAnInterruptedRunHasTouched() {
    SmallBackup.write(store, NS, OLDER, 1);
    clock.advance(TWO_DAYS);
    assertThat(collect().touchCount()).isPositive();
    clock.advance(Duration.ofMinutes(10));
    assertThat(collect().touchCount()).isZero();
  }

  @Test
  void keepsAChunkThatARunningBackupReusesWhileItsLastIndexIsPruned() {
    SmallBackup.write(store, NS, OLDER, 1);
    Set<Digest> reused = chunksOf(OLDER);
    clock.advance(TWO_DAYS);
    GroupId other = GroupId.parse("vm/100");
    try (GroupLock group = store.lockGroup(NS, other, SmallBackup.OWNER);
        SnapshotWriter writer = store.beginSnapshot(NS, other.at(1_700_000_200))) {
      clock.advance(DAY);
      SmallBackup.upload(store, writer, 1);
      store.deleteSnapshot(NS, OLDER, false);
      clock.advance(TWO_DAYS);

      collect();

      assertThat(reused).allMatch(this::isThere);
      writer.finish(manifest -> manifest);
    }
    assertThat(new SnapshotVerifier(store).verify(NS, other.at(1_700_000_200))).isEmpty();
  }

  /** The race that PBS had until 3.4.1: a base is pruned between the listing and its turn. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void readsTheSnapshotThatTookOverTheChunksOfOneThatVanishes(int threads) {
    SmallBackup.write(store, NS, OLDER, 1);
    Set<Digest> named = chunksOf(OLDER);
    clock.advance(TWO_DAYS);
    WatchedCollection meddling =
        new WatchedCollection() {
          private boolean done;

          /** Called before each index is opened: the group has been listed by then. */
          @Override
          public synchronized void checkStop() {
            if (!done && checks++ == 1) {
              done = true;
              takeOver();
            }
          }

          private int checks;
        };

    Workers workers = new Workers(threads, Thread.ofPlatform().factory());
    new GarbageCollector(store, GcOptions.usual(workers), meddling).run();

    assertThat(store.snapshots(NS, GROUP)).containsExactly(NEWER);
    assertThat(named).allMatch(this::isThere);
    assertRestorable(NEWER);
  }

  /** A backup that names the chunks of the one before, touching none; which is then removed. */
  private void takeOver() {
    byte[] index = file(OLDER, SmallBackup.DYNAMIC);
    byte[] image = file(OLDER, SmallBackup.FIXED);
    byte[] conf = file(OLDER, SmallBackup.BLOB);
    Manifest manifest = store.manifest(NS, OLDER);
    try (GroupLock group = store.lockGroup(NS, GROUP, SmallBackup.OWNER);
        SnapshotWriter writer = store.beginSnapshot(NS, NEWER)) {
      writer.rawFile(SmallBackup.DYNAMIC, index);
      writer.rawFile(SmallBackup.FIXED, image);
      writer.rawFile(SmallBackup.BLOB, conf);
      writer.finishWith(Manifest.of(NEWER, manifest.files()).encodeBlob());
    }
    store.deleteSnapshot(NS, OLDER, false);
  }

  private byte[] file(SnapshotId snapshot, ArchiveName name) {
    try {
      return FileContent.read(disk, store.snapshotPath(NS, snapshot).resolve(name.text()), 1 << 20);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void keepsWhatAWriterPutThereBeforeItsIndexIsWritten() {
    try (GroupLock group = store.lockGroup(NS, GROUP, SmallBackup.OWNER);
        SnapshotWriter writer = store.beginSnapshot(NS, OLDER)) {
      SmallBackup.upload(store, writer, 1);
      Digest early = insert(store, "not in any index yet");
      clock.advance(TWO_DAYS);
      assertThat(collect().status().removed().chunks()).isZero();
      assertThat(isThere(early)).isTrue();
      writer.finish(manifest -> manifest);
    }
    clock.advance(TWO_DAYS);
    assertThat(collect().status().removed().chunks()).isEqualTo(1);
    assertRestorable(OLDER);
  }

  @Test
  void saysInADryRunWhatWouldGoAndWhyAndChangesNothing() {
    SmallBackup.write(store, NS, OLDER, 1);
    Digest garbage = insert(store, "garbage");
    Instant before = usedAt(garbage);
    clock.advance(TWO_DAYS);

    GcStatus would = collect(dryRun()).status();

    assertThat(would.removed().chunks()).isEqualTo(1);
    assertThat(watched.removing)
        .containsExactly(garbage + ": no index names it, last used " + before);
    assertThat(isThere(garbage)).isTrue();
    assertThat(chunksOf(OLDER)).allMatch(digest -> usedAt(digest).equals(before));
    assertThat(collect().status().removed()).isEqualTo(would.removed());
  }

  @Test
  void removesNothingWhenAnIndexCannotBeRead() throws IOException {
    SmallBackup.write(store, NS, OLDER, 1);
    Digest garbage = insert(store, "garbage");
    Path index = store.snapshotPath(NS, OLDER).resolve("drive.img.fidx");
    byte[] whole = FileContent.read(disk, index, 1 << 20);
    memory.replace(index, Arrays.copyOf(whole, whole.length - 7));
    clock.advance(TWO_DAYS);

    assertThatThrownBy(this::collect)
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("cannot collect garbage safely")
        .hasMessageContaining("drive.img.fidx")
        .hasMessageContaining("expected a multiple of 32")
        .extracting(e -> ((BackupException) e).kind())
        .isEqualTo(Kind.CORRUPT_DATA);
    assertThat(isThere(garbage)).isTrue();
  }

  @Test
  void marksWhatADamagedIndexNamesAndSaysSo() throws IOException {
    SmallBackup.write(store, NS, OLDER, 1);
    Path index = store.snapshotPath(NS, OLDER).resolve("root.pxar.didx");
    byte[] flipped = FileContent.read(disk, index, 1 << 20);
    flipped[flipped.length - 2 * 40 + 8 + 3] ^= 1; // in the last digest but one
    memory.replace(index, flipped);
    clock.advance(TWO_DAYS);

    GarbageCollector.Result result = collect();

    assertThat(result.missingCount()).isEqualTo(1);
    assertThat(watched.warnings)
        .anyMatch(w -> w.contains("does not have the checksum of its header"))
        .anyMatch(
            w ->
                w.startsWith("unable to access non-existent chunk ")
                    && w.contains("root.pxar.didx"));
  }

  @Test
  void namesTheIndexThatNeedsAMissingChunk() throws IOException {
    SmallBackup.write(store, NS, OLDER, 1);
    Digest lost = store.readIndex(NS, OLDER, SmallBackup.FIXED).digest(1);
    disk.delete(store.chunks().path(lost));

    assertThat(collect().missingCount()).isEqualTo(1);

    assertThat(watched.warnings)
        .containsExactly(
            "unable to access non-existent chunk "
                + lost
                + ", required by \"ns/a/ns/b/host/web/2023-11-14T22:13:20Z/drive.img.fidx\"");
  }

  @Test
  void countsAnIndexThatSomebodyMovedElsewhere() throws IOException {
    SmallBackup.write(store, NS, OLDER, 1);
    Set<Digest> named = chunksOf(OLDER);
    disk.createDirectory(base.resolve("saved"), 0755);
    disk.rename(store.snapshotPath(NS, OLDER), base.resolve("saved/old"));
    clock.advance(TWO_DAYS);

    assertThat(collect().status().removed().chunks()).isZero();

    assertThat(named).allMatch(this::isThere);
    assertThat(watched.warnings)
        .contains("found an index file outside of all groups: \"saved/old/drive.img.fidx\"");
  }

  @Test
  void keepsABadCopyWhileNothingBetterIsThere() throws IOException {
    SmallBackup.write(store, NS, OLDER, 1);
    Digest digest = store.readIndex(NS, OLDER, SmallBackup.FIXED).digest(1);
    Path chunk = store.chunks().path(digest);
    byte[] content = FileContent.read(disk, chunk, 1 << 20);
    Path bad = chunk.resolveSibling(digest + ".0.bad");
    disk.rename(chunk, bad);
    clock.advance(TWO_DAYS);
    assertThat(collect().status().stillBad()).isEqualTo(1);
    assertThat(disk.stat(bad)).isNotNull();

    store.chunks().insert(digest, content, content.length);
    clock.advance(TWO_DAYS);
    assertThat(collect().status().removedBad()).isEqualTo(1);
    assertThat(disk.stat(bad)).isNull();
    assertRestorable(OLDER);
  }

  @Test
  void removesWhatAWriterLeftWhoDied() throws IOException {
    Digest digest = insert(store, "chunk");
    Path left = store.chunks().path(digest).resolveSibling(digest + ".tmp_aB3dE9");
    disk.create(left, 0644).close();
    clock.advance(DAY);
    collect();
    assertThat(disk.stat(left)).isNotNull();
    clock.advance(DAY);
    collect();
    assertThat(disk.stat(left)).isNull();
  }

  @Test
  void readsAnArchiveThatDidNotChangeOnlyOnce() {
    SmallBackup.write(store, NS, OLDER, 1);
    SmallBackup.write(store, NS, NEWER, 1);
    long headerBytes = 4096;
    long digestsBytes = 3 * Digest.BYTES;

    GcStatus status = collect().status();

    // The header of the older one twice: when the newer one is read, and in its turn.
    assertThat(disk.readBytes(".fidx")).isEqualTo(3 * headerBytes + digestsBytes);
    assertThat(status.indexDataBytes()).isEqualTo(2 * (3 * 4096 + 1000 + 1001 + 1002));
  }

  @Test
  void readsAnArchiveThatComesBackOnceMoreAndThenNoLonger() {
    for (int i = 0; i < 6; i++) {
      SmallBackup.write(store, NS, GROUP.at(1_700_000_000 + i), i % 2);
    }
    long headersBytes = (6 + 2) * 4096; // of their own, and of the one before as long as it is new
    long digestsBytes = 3 * Digest.BYTES;

    GcStatus status = collect().status();

    assertThat(disk.readBytes(".fidx")).isEqualTo(headersBytes + 2 * 2 * digestsBytes);
    assertThat(status.indexFileCount()).isEqualTo(12);
  }

  @Test
  void readsTheOlderOneAfterADamagedIndexOfTheSameArchive() throws IOException {
    SmallBackup.write(store, NS, OLDER, 1);
    SmallBackup.write(store, NS, NEWER, 1);
    Path newer = store.snapshotPath(NS, NEWER).resolve("drive.img.fidx");
    byte[] flipped = FileContent.read(disk, newer, 1 << 20);
    flipped[4096 + 3] ^= 1; // in the first digest
    memory.replace(newer, flipped);
    Set<Digest> named = chunksOf(OLDER);
    clock.advance(TWO_DAYS);

    assertThat(collect().missingCount()).isEqualTo(1);

    assertThat(named).allMatch(this::isThere);
    assertThat(watched.warnings)
        .filteredOn(w -> w.contains("does not have the checksum of its header"))
        .hasSize(1);
    assertRestorable(OLDER);
  }

  @Test
  void runsOnceAtATime() {
    try (Lease held = store.lockCollection()) {
      assertThatThrownBy(this::collect)
          .hasMessage("unable to start garbage collection job on datastore test - already running");
    }
    assertThat(collect().status().indexFileCount()).isZero();
  }

  @Test
  void refusesACutoffOutOfRange() {
    assertThatThrownBy(() -> new GcOptions(Duration.ZERO, true, false, Workers.none()))
        .hasMessage("found a cutoff of 0 minutes, expected 1 … 2880");
    assertThatThrownBy(() -> new GcOptions(Duration.ofDays(3), true, false, Workers.none()))
        .hasMessage("found a cutoff of 4320 minutes, expected 1 … 2880");
  }

  @Test
  void collectsWithManyThreadsAsWithOne() {
    for (int i = 0; i < 40; i++) {
      SmallBackup.write(store, NS, GROUP.at(1_700_000_000 + i), i);
      insert(store, "garbage " + i);
    }
    clock.advance(TWO_DAYS);
    GcStatus alone = collect(dryRun()).status();
    Workers four = new Workers(4, Thread.ofPlatform().factory());
    GcStatus together = collect(GcOptions.usual(four)).status();
    assertThat(together).isEqualTo(alone);
    assertThat(together.removed().chunks()).isEqualTo(40);
  }

  @Test
  void writesTheStatusAsItIsReadAgain() {
    SmallBackup.write(store, NS, OLDER, 1);
    GcStatus status = collect().status().withUpid("UPID:x");
    assertThat(GcStatusFile.read(store)).isEqualTo(GcStatus.NONE);
    GcStatusFile.write(store, status);
    assertThat(GcStatusFile.read(store)).isEqualTo(status);
  }
}
