package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.replication.mesh.Lease;
import dev.holdfast.replication.mesh.LeaseKey;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlan.KeepReason;
import dev.holdfast.replication.plan.SyncPlan.Kept;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.testing.StrictVertx;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what a mirror holds is what its source has, whole, and nothing else. A real datastore
 * behind a server is pulled over TLS; every copy is compared byte for byte and verified.
 */
class PullSyncTest {
  private static final String DAY_1 = "host/web1/2026-11-01T12:00:00Z";
  private static final String DAY_2 = "host/web1/2026-11-02T12:00:00Z";
  private static final String DAY_3 = "host/web1/2026-11-03T12:00:00Z";
  private static final String OTHER = "vm/100/2026-11-01T12:00:00Z";
  private static final GroupId WEB1 = GroupId.parse("host/web1");

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();
  private PullFixture pull;

  @BeforeEach
  void open(@TempDir Path directory) {
    pull = new PullFixture(VERTX.vertx(), directory);
  }

  @AfterEach
  void close() {
    pull.close();
  }

  private List<SnapshotId> local(String namespace, GroupId group) {
    return pull.local.snapshots(Namespace.parse(namespace), group);
  }

  @Test
  void nestedNamespacesArriveWholeAndThenThereIsNothingToDo() {
    pull.backup("", DAY_1, 1);
    pull.backup("a/b", DAY_1, 2);
    pull.backup("a/b", DAY_2, 3);
    pull.backup("a/b/c", OTHER, 4);
    pull.mapping = Mapping.pull(Namespace.ROOT, Namespace.parse("paris/x"), PullFixture.OWNER);
    SyncResult result = pull.run();
    assertThat(result.failures()).isEmpty();
    assertThat(result.snapshots()).isEqualTo(4);
    assertThat(result.chunks()).isEqualTo(pull.server.count("GET /chunk"));
    pull.assertSame("", "paris/x", DAY_1);
    pull.assertSame("a/b", "paris/x/a/b", DAY_1);
    pull.assertSame("a/b", "paris/x/a/b", DAY_2);
    pull.assertSame("a/b/c", "paris/x/a/b/c", OTHER);
    assertThat(pull.plan().isEmpty()).isTrue();
    assertThat(pull.report.transferred).hasSize(4).allMatch(Transferred::dataChanged);
  }

  @Test
  void aGapIsFilled() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.backup("", DAY_3, 3);
    pull.run();
    pull.local.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_2), false);
    assertThat(pull.run().ok()).isTrue();
    pull.assertSame("", "", DAY_2);
    assertThat(pull.report.transferred.getLast().reason()).isEqualTo(Reason.GAP_FILL);
  }

  @Test
  void whatWasRemovedHereOnPurposeIsNotBroughtBack() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.run();
    SnapshotId removed = SnapshotId.parse(DAY_1);
    pull.local.deleteSnapshot(Namespace.ROOT, removed, false);
    pull.removedHere.add(removed.time());
    assertThat(pull.plan().isEmpty()).isTrue();
    pull.run();
    assertThat(pull.local.snapshotExists(Namespace.ROOT, removed)).isFalse();
  }

  @Test
  void onlyNewChunksCross() {
    pull.backup("", DAY_1, 1);
    pull.run();
    long before = pull.server.count("GET /chunk");
    pull.backup("", DAY_2, 77);
    SyncResult result = pull.run();
    // Of a small backup one chunk of each archive depends on the seed.
    assertThat(pull.server.count("GET /chunk") - before).isEqualTo(2);
    assertThat(result.chunks()).isEqualTo(2);
    pull.assertSame("", "", DAY_2);
  }

  @Test
  void oneGroupCostsOneRequestToLook() {
    pull.backup("a", DAY_1, 1);
    pull.backup("a", OTHER, 2);
    pull.removeVanished();
    PullSync sync = pull.sync();
    SyncPlan plan = sync.plan(SyncScope.of(Namespace.parse("a"), WEB1));
    assertThat(pull.server.requests).hasSize(1);
    assertThat(sync.run(plan, pull.report).ok()).isTrue();
    pull.assertSame("a", "a", DAY_1);
    assertThat(local("a", GroupId.parse("vm/100"))).isEmpty();
    assertThat(sync.plan(SyncScope.of(Namespace.parse("a"), WEB1)).isEmpty()).isTrue();
    pull.run();
    // The other group is not looked at now, so it has not vanished.
    assertThat(sync.plan(SyncScope.of(Namespace.parse("a"), WEB1)).removals()).isEmpty();
  }

  @Test
  void changedNotesAreTakenOver() {
    pull.backup("", DAY_1, 1);
    pull.run();
    SnapshotId id = SnapshotId.parse(DAY_1);
    pull.source.updateManifest(Namespace.ROOT, id, manifest -> manifest.withNotes("changed"));
    long chunks = pull.server.count("GET /chunk");
    SyncResult result = pull.run();
    assertThat(result.failures()).isEmpty();
    assertThat(result.snapshots()).isZero();
    assertThat(pull.local.manifest(Namespace.ROOT, id).notes()).contains("changed");
    pull.assertSame("", "", DAY_1);
    assertThat(pull.report.transferred.getLast().dataChanged()).isFalse();
    assertThat(pull.server.count("GET /chunk")).isEqualTo(chunks);
    assertThat(pull.plan().isEmpty()).isTrue();
  }

  @Test
  void aClientLogThatCameLaterIsFetched() {
    pull.backup("", DAY_1, 1);
    pull.run();
    SnapshotId id = SnapshotId.parse(DAY_1);
    byte[] log = SmallBackup.blob("all went well\n");
    pull.source.addClientLog(Namespace.ROOT, id, log);
    assertThat(pull.run().ok()).isTrue();
    assertThat(pull.local.readBlob(Namespace.ROOT, id, ArchiveName.CLIENT_LOG)).isEqualTo(log);
    assertThat(pull.plan().isEmpty()).isTrue();
    // And one that is there from the start comes along.
    pull.backup("", DAY_2, 2);
    pull.source.addClientLog(Namespace.ROOT, SnapshotId.parse(DAY_2), log);
    pull.run();
    assertThat(pull.local.hasFile(Namespace.ROOT, SnapshotId.parse(DAY_2), ArchiveName.CLIENT_LOG))
        .isTrue();
  }

  @Test
  void otherContentUnderTheSameTimeIsRefusedAndTheCopyStays() {
    pull.backup("", DAY_1, 1);
    pull.run();
    SnapshotId id = SnapshotId.parse(DAY_1);
    byte[] before = pull.local.readBlob(Namespace.ROOT, id, ArchiveName.MANIFEST);
    pull.source.deleteSnapshot(Namespace.ROOT, id, false);
    pull.backup("", DAY_1, 2);
    SyncResult result = pull.run();
    assertThat(result.failures())
        .singleElement()
        .asString()
        .contains("host/web1", "2026-11-01T12:00:00Z", "content differs from source");
    assertThat(pull.local.readBlob(Namespace.ROOT, id, ArchiveName.MANIFEST)).isEqualTo(before);
  }

  @Test
  void aSnapshotThatVanishedMeanwhileIsSkipped() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    SyncPlan plan = pull.plan();
    pull.source.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_1), false);
    SyncResult result = pull.run(plan);
    assertThat(result.failures()).isEmpty();
    assertThat(local("", WEB1)).containsExactly(SnapshotId.parse(DAY_2));
    assertThat(pull.report.lines)
        .anyMatch(line -> line.contains("skipped because vanished since start of sync"));
  }

  private Digest newChunkOf(String snapshot) {
    ChunkIndex index =
        pull.source.readIndex(Namespace.ROOT, SnapshotId.parse(snapshot), SmallBackup.DYNAMIC);
    return index.digest(0);
  }

  @Test
  void aDamagedChunkIsNeverStoredAndFailsItsGroupOnly() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.backup("", DAY_3, 3);
    pull.backup("", OTHER, 4);
    Digest bad = newChunkOf(DAY_2);
    pull.server.replace =
        (exchange, answer) -> {
          if (exchange.query().contains(bad.hex())) {
            answer[answer.length - 1] ^= 1;
          }
          return answer;
        };
    SyncResult result = pull.run();
    assertThat(result.failures()).singleElement().asString().contains("host/web1", bad.hex());
    assertThat(pull.local.chunks().touch(bad)).isFalse();
    assertThat(local("", WEB1)).containsExactly(SnapshotId.parse(DAY_1));
    pull.assertSame("", "", OTHER);
    pull.server.replace = (exchange, answer) -> answer;
    assertThat(pull.run().ok()).isTrue();
    pull.assertSame("", "", DAY_3);
  }

  @Test
  void aChunkOfAnotherContentIsRefusedThoughItsFrameIsWhole() {
    pull.backup("", DAY_1, 1);
    Digest wanted = newChunkOf(DAY_1);
    byte[] other = SmallBackup.blob("x".repeat(1000));
    pull.server.replace =
        (exchange, answer) -> exchange.query().contains(wanted.hex()) ? other.clone() : answer;
    assertThat(pull.run().failures()).singleElement().asString().contains(wanted.hex());
    assertThat(local("", WEB1)).isEmpty();
    assertThat(pull.local.groups(Namespace.ROOT)).isEmpty();
  }

  @Test
  void filesThatAreNotTheManifestsAreRefused() {
    pull.backup("", DAY_1, 1);
    for (ArchiveName name : List.of(SmallBackup.DYNAMIC, SmallBackup.FIXED, SmallBackup.BLOB)) {
      pull.server.replace =
          (exchange, answer) -> {
            if (exchange.query().contains(name.text())) {
              answer[answer.length - 1] ^= 1;
            }
            return answer;
          };
      assertThat(pull.run().failures()).as(name.text()).hasSize(1);
      assertThat(local("", WEB1)).isEmpty();
    }
  }

  @Test
  void aManifestThatListsItselfIsRefused() {
    pull.backup("", DAY_1, 1);
    SnapshotId id = SnapshotId.parse(DAY_1);
    byte[] part = pull.source.readBlob(Namespace.ROOT, id, ArchiveName.MANIFEST);
    ManifestFile itself =
        new ManifestFile(ArchiveName.MANIFEST, CryptMode.NONE, part.length, Digest.sha256(part));
    byte[] crafted = Manifest.of(id, List.of(itself)).encodeBlob();
    AtomicInteger asked = new AtomicInteger();
    pull.server.replace =
        (exchange, answer) ->
            exchange.query().contains(ArchiveName.MANIFEST.text()) && asked.getAndIncrement() == 0
                ? crafted
                : answer;
    assertThat(pull.run().failures()).singleElement().asString().contains("written last");
    assertThat(local("", WEB1)).isEmpty();
  }

  @Test
  void aCopyWhoseManifestCannotBeReadIsReplaced() throws IOException {
    pull.backup("", DAY_1, 1);
    pull.run();
    SnapshotId id = SnapshotId.parse(DAY_1);
    Path here = pull.local.snapshotPath(Namespace.ROOT, id);
    Files.writeString(here.resolve(ArchiveName.MANIFEST.text()), "damaged");
    Files.writeString(here.resolve(SmallBackup.DYNAMIC.text()), "damaged too");
    assertThat(pull.run().failures()).isEmpty();
    pull.assertSame("", "", DAY_1);
  }

  @Test
  void anAbortLeavesNothingThatIsListed() {
    pull.backup("", DAY_1, 1);
    pull.report.abort =
        () -> {
          if (pull.server.count("GET /chunk") > 1) {
            throw new BackupException(Kind.CANCELLED, "sync aborted");
          }
        };
    BackupException thrown = catchThrowableOfType(BackupException.class, pull::run);
    assertThat(thrown).hasMessage("sync aborted");
    assertThat(pull.local.groups(Namespace.ROOT)).isEmpty();
    pull.report.abort = () -> {};
    assertThat(pull.run().ok()).isTrue();
    pull.assertSame("", "", DAY_1);
  }

  @Test
  void aLostConnectionLeavesNothingThatIsListed() {
    pull.backup("", DAY_1, 1);
    Promise<Void> never = Promise.promise();
    pull.server.before =
        exchange -> {
          if (!exchange.path().equals("/chunk")) {
            return Future.succeededFuture();
          }
          VERTX.vertx().runOnContext(v -> pull.server.stopListening());
          return never.future();
        };
    SyncResult result = pull.run();
    assertThat(result.failures()).singleElement().asString().contains("lost");
    assertThat(pull.local.groups(Namespace.ROOT)).isEmpty();
  }

  @Test
  void aGroupWhoseLeaseIsHeldIsBusy() {
    pull.backup("", DAY_1, 1);
    pull.backup("", OTHER, 2);
    LeaseKey key = new LeaseKey(PullFixture.SITE, pull.local.name(), Namespace.ROOT, WEB1);
    try (Lease held = pull.mesh("paris").tryLease(key, PullFixture.LEASE_TTL).orElseThrow()) {
      SyncResult result = pull.run();
      assertThat(held.key()).isEqualTo(key);
      assertThat(result.ok()).isTrue();
      assertThat(result.busyGroups()).extracting(SyncResult.BusyGroup::group).containsExactly(WEB1);
    }
    pull.assertSame("", "", OTHER);
    assertThat(pull.run().busyGroups()).isEmpty();
    pull.assertSame("", "", DAY_1);
  }

  @Test
  void aGroupThatIsLockedHereIsBusy() {
    pull.backup("", DAY_1, 1);
    try (var lock = pull.local.lockGroup(Namespace.ROOT, WEB1, PullFixture.OWNER)) {
      assertThat(lock.created()).isTrue();
      assertThat(pull.run().busyGroups()).hasSize(1);
    }
  }

  @Test
  void aGroupOfAnotherOwnerIsLeftAlone() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    SyncPlan early = pull.plan();
    SmallBackup.write(pull.local, Namespace.ROOT, SnapshotId.parse(DAY_1), 9);
    AuthId other = SmallBackup.OWNER;
    String text = "owner check failed (" + PullFixture.OWNER + " != " + other + ")";
    assertThat(pull.run().failures()).singleElement().asString().contains(text);
    // Also when he came after the plan was made.
    assertThat(pull.run(early).failures()).singleElement().asString().contains(text);
    assertThat(local("", WEB1)).containsExactly(SnapshotId.parse(DAY_1));
  }

  @Test
  void aChunkOfTwoGroupsIsFetchedOnce() {
    pull.backup("", DAY_1, 11);
    pull.backup("", OTHER, 11);
    Promise<Void> bothAsk = Promise.promise();
    // Each group asks for its manifest, three archives and the log.
    pull.server.before =
        exchange -> {
          if (pull.server.count("GET /download") == 10) {
            bothAsk.tryComplete();
          }
          return exchange.path().equals("/chunk") ? bothAsk.future() : Future.succeededFuture();
        };
    SyncResult result = pull.run();
    assertThat(result.failures()).isEmpty();
    pull.assertSame("", "", DAY_1);
    pull.assertSame("", "", OTHER);
    assertThat(pull.server.count("GET /chunk")).isEqualTo(6);
    assertThat(result.chunks()).isEqualTo(6);
  }

  @Test
  void muchThatIsMissingComesOverSeveralSessions() {
    TestStore.Content some = pull.made.plain(300);
    TestStore.Content secret = pull.made.encrypted(100);
    SnapshotId id = SnapshotId.parse(DAY_1);
    pull.made.add(
        Namespace.parse("big"), id, Map.of(TestStore.ROOT, some, TestStore.SECRET, secret));
    assertThat(pull.run().failures()).isEmpty();
    pull.assertSame("big", "big", DAY_1);
    assertThat(pull.server.count("OPEN")).isBetween(2L, 9L);
    assertThat(pull.server.count("GET /chunk")).isEqualTo(400);
  }

  @Test
  void extraSessionsThatBreakAreDoneWithout() {
    pull.made.add(
        Namespace.ROOT, SnapshotId.parse(DAY_1), Map.of(TestStore.ROOT, pull.made.plain(300)));
    // The first session downloads the index once; all others are refused it.
    pull.server.before =
        exchange ->
            exchange.query().contains(TestStore.ROOT.text()) && pull.server.count("GET /chunk") > 0
                ? Future.failedFuture(BackupException.invalid("too many readers"))
                : Future.succeededFuture();
    assertThat(pull.run().failures()).isEmpty();
    pull.assertSame("", "", DAY_1);
    assertThat(pull.server.count("OPEN")).isGreaterThan(1);
  }

  @Test
  void whatABreakLeftIsRemovedAndPulledAgain() {
    pull.backup("", DAY_1, 1);
    SnapshotId id = SnapshotId.parse(DAY_1);
    try (var lock = pull.local.lockGroup(Namespace.ROOT, WEB1, PullFixture.OWNER)) {
      var abandoned = pull.local.beginSnapshot(Namespace.ROOT, id);
      abandoned.rawFile(SmallBackup.BLOB, new byte[20]);
      abandoned.close();
      assertThat(lock.created()).isTrue();
    }
    assertThat(pull.run().ok()).isTrue();
    pull.assertSame("", "", DAY_1);
  }

  @Test
  void vanishedThingsGoAsPlannedAndProtectedOnesStay() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.backup("", DAY_3, 3);
    pull.backup("", OTHER, 4);
    pull.backup("gone/deep", OTHER, 5);
    pull.run();
    pull.source.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_1), false);
    pull.source.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_2), false);
    pull.source.deleteGroup(Namespace.ROOT, GroupId.parse("vm/100"));
    pull.source.deleteNamespace(Namespace.parse("gone"), true);
    pull.local.setProtected(Namespace.ROOT, SnapshotId.parse(DAY_1), true);

    // Without the rule nothing goes, whatever is gone there.
    assertThat(pull.run().ok()).isTrue();
    assertThat(local("", WEB1)).hasSize(3);
    assertThat(local("gone/deep", GroupId.parse("vm/100"))).hasSize(1);

    pull.removeVanished();
    assertThat(pull.run().failures()).isEmpty();
    assertThat(local("", WEB1)).containsExactly(SnapshotId.parse(DAY_1), SnapshotId.parse(DAY_3));
    assertThat(pull.local.groups(Namespace.ROOT)).containsExactly(WEB1);
    assertThat(pull.local.namespaceExists(Namespace.parse("gone"))).isFalse();
    assertThat(pull.report.lines)
        .contains("Summary: removed vanished: snapshots: 3, groups: 2, namespaces: 2");
    assertThat(pull.plan().isEmpty()).isTrue();
  }

  @Test
  void whatCameOrWasProtectedAfterThePlanIsNotRemoved() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.backup("x", OTHER, 3);
    pull.run();
    pull.source.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_1), false);
    pull.source.deleteNamespace(Namespace.parse("x"), true);
    pull.removeVanished();
    SyncPlan plan = pull.plan();
    assertThat(plan.removals()).hasSize(3);
    pull.local.setProtected(Namespace.ROOT, SnapshotId.parse(DAY_1), true);
    pull.local.setProtected(Namespace.parse("x"), SnapshotId.parse(OTHER), true);
    assertThat(pull.run(plan).failures()).isEmpty();
    assertThat(local("", WEB1)).hasSize(2);
    assertThat(local("x", GroupId.parse("vm/100"))).hasSize(1);
  }

  @Test
  void whatIsHeldStaysWhateverVanishesAtTheSource() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.backup("x", OTHER, 3);
    pull.run();
    pull.source.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_1), false);
    pull.source.deleteNamespace(Namespace.parse("x"), true);
    pull.removeVanished();
    SyncPlan before = pull.plan();
    assertThat(before.removals()).hasSize(3);
    pull.local.setHolds(new Holds(Map.of(Namespace.ROOT, Duration.ofDays(36_500))));
    assertThat(pull.run(before).failures()).isEmpty();
    SyncPlan now = pull.plan();
    assertThat(now.removals()).isEmpty();
    assertThat(now.kept())
        .extracting(Kept::reason)
        .containsExactlyInAnyOrder(KeepReason.HELD, KeepReason.HELD, KeepReason.NOT_EMPTY);
    assertThat(pull.run(now).failures()).isEmpty();
    assertThat(local("", WEB1)).hasSize(2);
    assertThat(local("x", GroupId.parse("vm/100"))).hasSize(1);
  }

  @Test
  void aHeldSnapshotTakesNotesOfItsSourceAndNoOtherContent() {
    pull.backup("", DAY_1, 1);
    pull.run();
    SnapshotId id = SnapshotId.parse(DAY_1);
    pull.local.setHolds(new Holds(Map.of(Namespace.ROOT, Duration.ofDays(36_500))));
    pull.source.updateManifest(Namespace.ROOT, id, manifest -> manifest.withNotes("new"));
    assertThat(pull.run().failures()).isEmpty();
    assertThat(pull.local.manifest(Namespace.ROOT, id).notes()).contains("new");
    pull.source.deleteSnapshot(Namespace.ROOT, id, false);
    pull.backup("", DAY_1, 2);
    assertThat(pull.run().failures()).isNotEmpty();
    assertThat(pull.local.manifest(Namespace.ROOT, id).notes()).contains("new");
  }

  @Test
  void aTokenOfOneNamespaceIsEnoughForIt() {
    pull.backup("a/web", DAY_1, 1);
    pull.backup("a/db", OTHER, 2);
    pull.server.visible = ns -> Namespace.parse("a/web").contains(ns);
    pull.mapping =
        Mapping.pull(Namespace.parse("a/web"), Namespace.parse("web"), PullFixture.OWNER);
    assertThat(pull.run().ok()).isTrue();
    pull.assertSame("a/web", "web", DAY_1);

    // Above it, what is not seen must not count as gone.
    pull.mapping = Mapping.pull(Namespace.parse("a"), Namespace.ROOT, PullFixture.OWNER);
    assertThat(pull.plan().isEmpty()).isTrue();
    pull.removeVanished();
    BackupException thrown = catchThrowableOfType(BackupException.class, pull::plan);
    assertThat(thrown.kind()).isEqualTo(Kind.PERMISSION);
    assertThat(thrown).hasMessageContaining("test/a is not visible");

    pull.mapping = Mapping.pull(Namespace.parse("b"), Namespace.ROOT, PullFixture.OWNER);
    thrown = catchThrowableOfType(BackupException.class, pull::plan);
    assertThat(thrown).hasMessageContaining("cannot list namespace of").hasMessageContaining("/b");
  }

  @Test
  void aFullPoolOfWorkersOnlySlowsDown() {
    pull.backup("", DAY_1, 1);
    ThreadPoolExecutor full =
        new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new SynchronousQueue<>());
    full.shutdown();
    PullSync sync =
        new PullSync(
            PullSource.of(pull.client, pull.source.name()),
            pull.local,
            pull.mapping,
            pull.rules,
            new GroupLeases(pull.mesh, PullFixture.SITE, pull.local.name(), PullFixture.LEASE_TTL),
            pull.fetches,
            new TransferLimits(1, 1, 1),
            full);
    assertThat(sync.run(sync.plan(SyncScope.ALL), pull.report).ok()).isTrue();
    pull.assertSame("", "", DAY_1);
  }
}
