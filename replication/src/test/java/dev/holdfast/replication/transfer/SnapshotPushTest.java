package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.mesh.NoMesh;
import dev.holdfast.replication.peer.ChunkWindow;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.SlowLine;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.transfer.SnapshotPush.Sent;
import dev.holdfast.replication.transfer.TestStore.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what a push makes must be the snapshot, whole, or nothing at all. Two real datastores
 * with a real TLS connection in between; the target checks what a PBS checks.
 */
class SnapshotPushTest {
  private static final Namespace FROM = Namespace.parse("lab/web");
  private static final Namespace TO = Namespace.parse("lyon");
  private static final GroupId GROUP = SnapshotId.parse("host/web1/2026-11-24T12:00:00Z").group();
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);
  private static final long SEED = 20261125;

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final ExecutorService workers = Executors.newFixedThreadPool(2);
  private final ChunkWindow window = ChunkWindow.ofBytes(1 << 20);
  private final RecordingReport report = new RecordingReport();
  private final TestStore source;
  private final TestStore copy;
  private final PushTarget target;
  private final RemoteNode node;
  private final LeaseKeeper lease;
  private final SnapshotPush push;

  SnapshotPushTest(@TempDir Path directory) {
    source = new TestStore("source", directory.resolve("source"), SEED);
    copy = new TestStore("copy", directory.resolve("copy"), SEED + 1);
    copy.store.createNamespaces(TO);
    target = new PushTarget(VERTX.vertx(), copy.store);
    node = target.node();
    NoMesh mesh = new NoMesh("test", "alone", InstantSource.system());
    lease =
        new GroupLeases(mesh, "paris", copy.store.name(), Duration.ofMinutes(1))
            .tryTake(TO, GROUP)
            .orElseThrow();
    push = through(node);
  }

  @AfterEach
  void stop() {
    // However a push ended, it gives back its places.
    Await.until("an empty window", Duration.ofSeconds(20), () -> window.chunks() == 0);
    lease.close();
    workers.shutdownNow();
    node.close();
    target.close();
    source.close();
    copy.close();
  }

  private SnapshotPush through(RemoteNode way) {
    return new SnapshotPush(
        new PushEnds(
            source.store, way, copy.store.name(), window, 7, workers, InstantSource.system()),
        new GroupRun(report, lease, new TransferTotals(), TO, GROUP));
  }

  private Sent push(SnapshotId snapshot, boolean hasPrevious) {
    return push.push(FROM, TO, snapshot, hasPrevious);
  }

  private long chunksSent() {
    return target.requests.stream().filter(one -> one.endsWith("_chunk")).count();
  }

  private void assertCopied(SnapshotId snapshot) {
    Manifest original = source.store.manifest(FROM, snapshot);
    assertThat(copy.store.manifest(TO, snapshot)).isEqualTo(original);
    Map<String, byte[]> there = copy.files(TO, snapshot);
    source
        .files(FROM, snapshot)
        .forEach(
            (name, bytes) -> {
              if (name.endsWith("blob") && !name.equals(ArchiveName.MANIFEST.text())) {
                assertThat(there.get(name)).as(name).isEqualTo(bytes);
              }
            });
    for (ManifestFile file : original.files()) {
      if (file.name().isIndex()) {
        assertChunksCopied(copy.store.readIndex(TO, snapshot, file.name(), file.csum()));
      }
    }
  }

  private void assertChunksCopied(ChunkIndex index) {
    for (int i = 0; i < index.chunkCount(); i++) {
      Digest digest = index.digest(i);
      assertThat(copy.store.chunks().read(digest)).isEqualTo(source.store.chunks().read(digest));
    }
  }

  @Test
  void aSnapshotArrivesAsItIsWithEveryKindOfFile() throws Exception {
    Content root = source.plain(150);
    source.add(
        FROM,
        FIRST,
        Map.of(
            TestStore.ROOT, root.plus(root),
            TestStore.SECRET, source.encrypted(20),
            TestStore.DISK, source.image(3)));
    byte[] log = DataBlob.encode("all well\n".getBytes(StandardCharsets.UTF_8), 0, 9, true);
    source.store.addClientLog(FROM, FIRST, log);
    Sent sent = push(FIRST, false);
    assertCopied(FIRST);
    assertThat(copy.files(TO, FIRST).get("client.log.blob")).isEqualTo(log);
    assertThat(sent.chunks()).isEqualTo(173).isEqualTo(chunksSent());
    assertThat(sent.encodedBytes()).isGreaterThan(8 << 20);
    assertThat(copy.store.owner(TO, GROUP)).isEqualTo(PushTarget.TOKEN);
    assertThat(target.requests).contains("POST /fixed_index", "POST /dynamic_index");
  }

  @Test
  void theNextSnapshotSendsOnlyChunksThatTheLastDoesNotHave() {
    Content root = source.plain(100);
    Content secret = source.encrypted(20);
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, root, TestStore.SECRET, secret));
    push(FIRST, false);
    source.add(
        FROM,
        SECOND,
        Map.of(
            TestStore.ROOT, root.plus(source.plain(3)),
            TestStore.SECRET, source.encrypted(1).plus(secret)));
    long before = chunksSent();
    assertThat(push(SECOND, true).chunks()).isEqualTo(4);
    assertThat(chunksSent() - before).isEqualTo(4);
    assertCopied(SECOND);
    assertThat(report.lines).isEmpty();
  }

  @Test
  void withoutAUsableLastSnapshotEverythingIsSentAndToldOf() {
    Content root = source.plain(10);
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, root));
    source.add(FROM, SECOND, Map.of(TestStore.ROOT, root));
    push(FIRST, false);
    target.watcher =
        exchange -> {
          if (exchange.path().equals("/previous")) {
            throw BackupException.invalid("no valid previous backup");
          }
        };
    assertThat(push(SECOND, true).chunks()).isEqualTo(10);
    assertCopied(SECOND);
    assertThat(report.lines)
        .containsExactly(
            "[lyon:host/web1]: no use of chunks of the last backup at the target: no valid previous backup");
  }

  @Test
  void aMissingChunkEndsThePushAndIsNamedWithItsArchive() throws IOException {
    Content root = source.plain(200);
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, root));
    Digest gone = root.digests().get(120);
    Files.delete(source.store.chunks().path(gone));
    BackupException error = failure(() -> push(FIRST, false));
    assertThat(error.kind()).isEqualTo(Kind.CORRUPT_DATA);
    assertThat(error)
        .hasMessage(
            FIRST.timeText() + ": root.pxar.didx needs chunk " + gone + ", which is missing");
    assertThat(error.context()).containsEntry("digest", gone.hex());
    assertThat(target.requests).doesNotContain("POST /finish");
    awaitNothingThere();
  }

  @Test
  void aDamagedChunkIsNeverSent() throws IOException {
    Content secret = source.encrypted(9);
    source.add(FROM, FIRST, Map.of(TestStore.SECRET, secret));
    Digest bad = secret.digests().getLast();
    byte[] bytes = source.store.chunks().read(bad);
    bytes[bytes.length - 1] ^= 1;
    Files.write(source.store.chunks().path(bad), bytes);
    BackupException error = failure(() -> push(FIRST, false));
    assertThat(error)
        .hasMessageContaining("secret.pxar.didx needs chunk " + bad + ", which is damaged: ");
    assertThat(copy.store.chunks().touch(bad)).isFalse();
    awaitNothingThere();
  }

  @Test
  void filesThatAreNotWhatTheManifestSaysAreNotSent() throws IOException {
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, source.plain(3)));
    Path snapshot = source.store.snapshotPath(FROM, FIRST);
    for (String name : List.of(TestStore.CONF.text(), TestStore.ROOT.text())) {
      Path file = snapshot.resolve(name);
      byte[] good = Files.readAllBytes(file);
      byte[] bad = good.clone();
      bad[bad.length - 1] ^= 1;
      Files.write(file, bad);
      BackupException error = failure(() -> push(FIRST, false));
      assertThat(error.kind()).isEqualTo(Kind.CORRUPT_DATA);
      assertThat(error.text()).contains(name);
      awaitNothingThere();
      Files.write(file, good);
    }
    push(FIRST, false);
    assertCopied(FIRST);
  }

  @Test
  void anAbortEndsThePushBetweenTwoChunks() {
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, source.plain(300)));
    AtomicInteger steps = new AtomicInteger();
    report.abort =
        () -> {
          if (steps.incrementAndGet() == 100) {
            throw new BackupException(Kind.CANCELLED, "abort requested");
          }
        };
    BackupException error = failure(() -> push(FIRST, false));
    assertThat(error).hasMessage(FIRST.timeText() + ": abort requested");
    assertThat(chunksSent()).isLessThan(100);
    awaitNothingThere();
  }

  @Test
  void theTargetsRefusalIsTheError() {
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, source.plain(3)));
    source.add(FROM, SECOND, Map.of(TestStore.ROOT, source.plain(3)));
    push(SECOND, false);
    assertThat(failure(() -> push(FIRST, true)))
        .hasMessage(FIRST.timeText() + ": backup timestamp is older than last backup.");
    assertThat(copy.store.snapshots(TO, GROUP)).containsExactly(SECOND);
  }

  @Test
  void theSourceIsHeldWhileItIsSent() {
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, source.plain(3)));
    report.abort =
        () ->
            assertThat(catchThrowable(() -> source.store.deleteSnapshot(FROM, FIRST, false)))
                .isInstanceOf(BackupException.class);
    push(FIRST, false);
    assertCopied(FIRST);
  }

  @Test
  void overALongLineTheFilesOfASnapshotShareTheirRoundTrips() {
    Content root = source.plain(100);
    Content secret = source.encrypted(20);
    source.add(FROM, FIRST, Map.of(TestStore.ROOT, root, TestStore.SECRET, secret));
    push(FIRST, false);
    source.add(
        FROM,
        SECOND,
        Map.of(
            TestStore.ROOT, root.plus(source.plain(2)),
            TestStore.SECRET, secret.plus(source.encrypted(3))));
    Duration roundTrip = Duration.ofMillis(400);
    try (SlowLine line = new SlowLine(VERTX.vertx(), target.address(), roundTrip);
        RemoteNode distant = target.node(line.address())) {
      long begin = System.nanoTime();
      Sent sent = through(distant).push(FROM, TO, SECOND, true);
      double roundTrips = (System.nanoTime() - begin) / (double) roundTrip.toNanos();
      assertThat(sent.chunks()).isEqualTo(5);
      // Connect, TLS, upgrade; last manifest; last indexes; chunks; entries; close; manifest;
      // finish: some ten. One file after the other they would be sixteen.
      assertThat(roundTrips).isLessThan(15);
    }
    assertCopied(SECOND);
  }

  private static BackupException failure(ThrowingCallable call) {
    return (BackupException) Objects.requireNonNull(catchThrowable(call));
  }

  /** The target removes what was begun when it sees the end of the connection. */
  private void awaitNothingThere() {
    Await.until(
        "nothing is left at the target",
        Duration.ofSeconds(20),
        () -> copy.store.snapshots(TO, GROUP).isEmpty());
  }
}
