package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.chunkstore.datastore.GroupLock;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Holds;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.SyncRules;
import dev.holdfast.replication.mesh.Lease;
import dev.holdfast.replication.mesh.LeaseKey;
import dev.holdfast.replication.mesh.NoMesh;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.plan.SyncPlan;
import dev.holdfast.replication.plan.SyncPlan.Reason;
import dev.holdfast.replication.plan.SyncPlan.SkipReason;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.transfer.SyncResult.BusyGroup;
import dev.holdfast.replication.transfer.TestStore.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a push may add to the peer what the plan says and nothing else, remove only by a rule,
 * and one bad group must not hold up the others. Real datastores, real TLS.
 */
class PushSyncTest {
  private static final Namespace LAB = Namespace.parse("lab");
  private static final Namespace WEB = Namespace.parse("lab/web");
  private static final Namespace INTO = Namespace.parse("sites/lyon");
  private static final Namespace INTO_WEB = Namespace.parse("sites/lyon/web");
  private static final GroupId HOST = group("host/web1");
  private static final GroupId OTHER = group("host/web2");
  private static final GroupId VM = group("vm/100");
  private static final AuthId SOMEBODY = AuthId.parse("somebody@pbs");
  private static final long FIRST = 1_700_000_000;
  private static final long SECOND = FIRST + 3600;
  private static final long THIRD = SECOND + 3600;
  private static final long SEED = 20261126;
  private static final Duration TIME_MAX = Duration.ofSeconds(20);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final ExecutorService workers = Executors.newFixedThreadPool(2);
  private final RecordingReport report = new RecordingReport();
  private final NoMesh mesh = new NoMesh("lyon", "alone", InstantSource.system());
  private final TestStore source;
  private final TestStore copy;
  private final PushTarget target;
  private final RemoteNode node;

  PushSyncTest(@TempDir Path directory) {
    source = new TestStore("source", directory.resolve("source"), SEED);
    copy = new TestStore("copy", directory.resolve("copy"), SEED + 1);
    target = new PushTarget(VERTX.vertx(), copy.store);
    node = target.node();
  }

  @AfterEach
  void stop() {
    workers.shutdownNow();
    node.close();
    target.close();
    source.close();
    copy.close();
  }

  private static GroupId group(String text) {
    return SnapshotId.parse(text + "/2026-11-24T12:00:00Z").group();
  }

  private PushSync sync(SyncRules rules) {
    return sync(SourceRights.EVERYTHING, rules);
  }

  private PushSync sync(SourceRights rights, SyncRules rules) {
    return new PushSync(
        source.store,
        rights,
        node,
        copy.store.name(),
        Mapping.push(LAB, INTO, PushTarget.TOKEN),
        rules,
        new GroupLeases(mesh, "paris", copy.store.name(), Duration.ofMinutes(1)),
        TransferLimits.DEFAULT.withParallelGroups(2),
        workers);
  }

  private PushSync sync() {
    return sync(SyncRules.DEFAULT);
  }

  private PushSync removing() {
    return sync(SyncRules.DEFAULT.withRemoveVanished(true));
  }

  private SyncResult runAll() {
    return sync().run(sync().plan(SyncScope.ALL), report);
  }

  private Content add(Namespace namespace, SnapshotId snapshot, int chunks) {
    Content content = source.plain(chunks);
    source.add(namespace, snapshot, Map.of(TestStore.ROOT, content));
    return content;
  }

  private void assertCopied(Namespace from, Namespace to, SnapshotId snapshot) {
    assertThat(copy.store.manifest(to, snapshot)).isEqualTo(source.store.manifest(from, snapshot));
  }

  @Test
  void everythingArrivesInItsNamespaceAndThenThereIsNothingToDo() {
    add(LAB, HOST.at(FIRST), 20);
    add(LAB, HOST.at(SECOND), 20);
    add(WEB, VM.at(FIRST), 20);
    SyncResult result = runAll();
    assertThat(result.failures()).isEmpty();
    assertThat(result.snapshots()).isEqualTo(3);
    assertThat(result.chunks()).isEqualTo(60);
    assertCopied(LAB, INTO, HOST.at(FIRST));
    assertCopied(LAB, INTO, HOST.at(SECOND));
    assertCopied(WEB, INTO_WEB, VM.at(FIRST));
    assertThat(copy.store.owner(INTO_WEB, VM)).isEqualTo(PushTarget.TOKEN);
    assertThat(sync().plan(SyncScope.ALL).isEmpty()).isTrue();
    assertThat(report.warnings).isEmpty();
    assertThat(report.transferred)
        .extracting(Transferred::target, Transferred::snapshot, Transferred::reason)
        .contains(tuple(INTO_WEB, VM.at(FIRST), Reason.NEW));
  }

  @Test
  void whatTheOwnerMayNotReadIsNotSent() {
    add(LAB, HOST.at(FIRST), 1);
    add(LAB, VM.at(FIRST), 1);
    add(WEB, VM.at(FIRST), 1);
    source.store.setOwner(LAB, HOST, SOMEBODY);
    SourceRights some =
        new SourceRights() {
          @Override
          public boolean sees(Namespace namespace) {
            return !namespace.equals(WEB);
          }

          @Override
          public boolean reads(Namespace namespace, AuthId owner) {
            return owner.equals(SOMEBODY);
          }
        };
    PushSync sync = sync(some, SyncRules.DEFAULT);
    assertThat(sync.plan(SyncScope.of(LAB, VM)).groups()).isEmpty();
    assertThat(sync.run(sync.plan(SyncScope.ALL), report).snapshots()).isEqualTo(1);
    assertCopied(LAB, INTO, HOST.at(FIRST));
  }

  @Test
  void namespacesAreMadeComponentByComponent() {
    add(WEB, VM.at(FIRST), 1);
    assertThat(runAll().ok()).isTrue();
    String post = "POST /api2/json/admin/datastore/copy/namespace";
    assertThat(target.count(post)).isEqualTo(3);
    assertThat(copy.store.namespaces(Namespace.ROOT, 7))
        .extracting(Namespace::toString)
        .containsExactly("", "sites", "sites/lyon", "sites/lyon/web");
  }

  @Test
  void theNextRunSendsOnlyNewChunks() {
    Content before = add(LAB, HOST.at(FIRST), 50);
    runAll();
    source.add(LAB, HOST.at(SECOND), Map.of(TestStore.ROOT, before.plus(source.plain(2))));
    SyncResult result = runAll();
    assertThat(result.chunks()).isEqualTo(2);
    assertCopied(LAB, INTO, HOST.at(SECOND));
  }

  @Test
  void theSnapshotsOfAGroupReuseEachOthersChunksInOneRun() {
    Content content = source.plain(30);
    for (long time : new long[] {FIRST, SECOND, THIRD}) {
      source.add(LAB, HOST.at(time), Map.of(TestStore.ROOT, content));
    }
    assertThat(runAll().chunks()).isEqualTo(30);
    assertCopied(LAB, INTO, HOST.at(THIRD));
  }

  @Test
  void whatIsOlderThanTheTargetsNewestIsSkipped() {
    add(LAB, HOST.at(SECOND), 3);
    runAll();
    add(LAB, HOST.at(FIRST), 3);
    SyncPlan plan = sync().plan(SyncScope.ALL);
    assertThat(plan.isEmpty()).isTrue();
    assertThat(plan.groups().getFirst().skipped())
        .extracting(SyncPlan.Skipped::reason)
        .containsExactly(SkipReason.OLDER_THAN_TARGET);
  }

  @Test
  void aSnapshotThatGotThereMeanwhileIsSkipped() {
    add(LAB, HOST.at(FIRST), 3);
    add(LAB, HOST.at(SECOND), 3);
    SyncPlan stale = sync().plan(SyncScope.ALL);
    source.store.deleteSnapshot(LAB, HOST.at(FIRST), false);
    runAll();
    SyncResult again = sync().run(stale, report);
    assertThat(again.failures()).isEmpty();
    assertThat(again.snapshots()).isZero();
    assertThat(copy.store.snapshots(INTO, HOST)).containsExactly(HOST.at(SECOND));
  }

  @Test
  void aSnapshotThatVanishedHereIsSkippedAndTheNextIsSent() {
    add(LAB, HOST.at(FIRST), 3);
    add(LAB, HOST.at(SECOND), 3);
    SyncPlan stale = sync().plan(SyncScope.ALL);
    source.store.deleteSnapshot(LAB, HOST.at(FIRST), false);
    SyncResult result = sync().run(stale, report);
    assertThat(result.failures()).isEmpty();
    assertThat(copy.store.snapshots(INTO, HOST)).containsExactly(HOST.at(SECOND));
    assertThat(report.lines).anyMatch(line -> line.contains("vanished since start of sync"));
  }

  @Test
  void aGroupOfSomebodyElseIsWarnedOfAndLeftAlone() {
    add(LAB, HOST.at(FIRST), 3);
    runAll();
    copy.store.setOwner(INTO, HOST, TestStore.OWNER);
    add(LAB, HOST.at(SECOND), 3);
    add(LAB, OTHER.at(FIRST), 3);
    SyncResult result = runAll();
    assertThat(result.failures()).isEmpty();
    assertThat(result.snapshots()).isEqualTo(1);
    assertThat(report.warnings)
        .singleElement()
        .satisfies(line -> assertThat(line).contains("host/web1").contains("backup@pbs"));
    assertThat(copy.store.snapshots(INTO, HOST)).containsExactly(HOST.at(FIRST));
    assertCopied(LAB, INTO, OTHER.at(FIRST));
  }

  @Test
  void aMissingChunkEndsItsGroupAndNoOther() throws IOException {
    add(LAB, HOST.at(FIRST), 5);
    Digest gone = add(LAB, HOST.at(SECOND), 5).digests().get(3);
    add(LAB, HOST.at(THIRD), 5);
    add(LAB, OTHER.at(FIRST), 5);
    Files.delete(source.store.chunks().path(gone));
    SyncResult result = runAll();
    assertThat(result.snapshots()).isEqualTo(2);
    assertThat(result.failures())
        .singleElement()
        .satisfies(
            line ->
                assertThat(line)
                    .contains("host/web1")
                    .contains(SnapshotId.formatTime(SECOND))
                    .contains("root.pxar.didx needs chunk " + gone + ", which is missing"));
    assertCopied(LAB, INTO, OTHER.at(FIRST));
    Await.until(
        "only the first is there",
        TIME_MAX,
        () -> copy.store.snapshots(INTO, HOST).equals(List.of(HOST.at(FIRST))));
  }

  @Test
  void anAbortEndsTheRunAndKeepsWhatWasFinished() {
    add(LAB, HOST.at(FIRST), 5);
    add(LAB, HOST.at(SECOND), 200);
    AtomicInteger steps = new AtomicInteger();
    report.abort =
        () -> {
          if (!report.transferred.isEmpty() && steps.incrementAndGet() > 50) {
            throw new BackupException(Kind.CANCELLED, "abort requested");
          }
        };
    SyncPlan plan = sync().plan(SyncScope.ALL);
    assertThatThrownBy(() -> sync().run(plan, report)).hasMessageContaining("abort requested");
    Await.until(
        "only the first is there",
        TIME_MAX,
        () -> copy.store.snapshots(INTO, HOST).equals(List.of(HOST.at(FIRST))));
    report.abort = () -> {};
    assertThat(runAll().ok()).isTrue();
    assertCopied(LAB, INTO, HOST.at(SECOND));
  }

  @Test
  void aGroupWhoseLeaseSomebodyHasIsBusy() {
    add(LAB, HOST.at(FIRST), 3);
    LeaseKey key = new LeaseKey("paris", copy.store.name(), INTO, HOST);
    try (Lease held = mesh.tryLease(key, Duration.ofMinutes(1)).orElseThrow()) {
      SyncResult result = runAll();
      assertThat(result.ok()).isTrue();
      assertThat(result.busyGroups()).extracting(BusyGroup::group).containsExactly(HOST);
    }
    assertThat(runAll().snapshots()).isEqualTo(1);
  }

  @Test
  void aGroupThatIsBeingBackedUpAtTheTargetIsBusy() {
    add(LAB, HOST.at(FIRST), 3);
    copy.store.createNamespaces(INTO);
    try (GroupLock held = copy.store.lockGroup(INTO, HOST, PushTarget.TOKEN)) {
      SyncResult result = runAll();
      assertThat(result.failures()).isEmpty();
      assertThat(result.busyGroups()).hasSize(1);
      assertThat(result.busyGroups().getFirst().reason())
          .contains("another backup is already running");
    }
  }

  @Test
  void aTargetThatFreesTheGroupOnlyWhenTheConnectionEndsGetsAllSnapshots() {
    target.freesGroupAtFinish = false;
    for (int i = 0; i < 10; i++) {
      add(LAB, HOST.at(FIRST + i), 1);
    }
    assertThat(runAll().snapshots()).isEqualTo(10);
  }

  @Test
  void anEventPlansItsGroupAlone() {
    add(LAB, HOST.at(FIRST), 3);
    add(WEB, VM.at(FIRST), 3);
    SyncPlan plan = sync().plan(SyncScope.of(WEB, VM));
    assertThat(plan.transferCount()).isEqualTo(1);
    assertThat(sync().run(plan, report).snapshots()).isEqualTo(1);
    assertCopied(WEB, INTO_WEB, VM.at(FIRST));
    assertThat(copy.store.groups(INTO)).isEmpty();
  }

  @Test
  void removeVanishedRemovesWhatIsGoneHereAndKeepsWhatIsProtected() {
    add(LAB, HOST.at(FIRST), 1);
    add(LAB, HOST.at(SECOND), 1);
    add(LAB, HOST.at(THIRD), 1);
    add(LAB, OTHER.at(FIRST), 1);
    add(WEB, VM.at(FIRST), 1);
    runAll();
    source.store.deleteSnapshot(LAB, HOST.at(FIRST), false);
    source.store.deleteSnapshot(LAB, HOST.at(SECOND), false);
    assertThat(source.store.deleteGroup(LAB, OTHER).removedSnapshots()).isEqualTo(1);
    assertThat(source.store.deleteNamespace(WEB, true).removedGroups()).isEqualTo(1);
    copy.store.setProtected(INTO, HOST.at(FIRST), true);
    assertThat(runAll().ok()).isTrue();
    assertThat(copy.store.snapshots(INTO, HOST)).hasSize(3);

    PushSync sync = removing();
    SyncResult result = sync.run(sync.plan(SyncScope.ALL), report);
    assertThat(result.failures()).isEmpty();
    assertThat(copy.store.snapshots(INTO, HOST)).containsExactly(HOST.at(FIRST), HOST.at(THIRD));
    assertThat(copy.store.groups(INTO)).containsExactly(HOST);
    assertThat(copy.store.namespaceExists(INTO_WEB)).isFalse();
    assertThat(target.requests)
        .contains(
            "DELETE /api2/json/admin/datastore/copy/groups"
                + "?backup-id=web2&backup-type=host&error-on-protected=false&ns=sites%2Flyon",
            "DELETE /api2/json/admin/datastore/copy/namespace"
                + "?error-on-protected=false&ns=sites%2Flyon%2Fweb");
    assertThat(sync.plan(SyncScope.ALL).isEmpty()).isTrue();
  }

  @Test
  void removeVanishedLeavesWhatTheTargetHolds() {
    add(LAB, HOST.at(FIRST), 1);
    add(LAB, HOST.at(SECOND), 1);
    add(WEB, VM.at(FIRST), 1);
    runAll();
    source.store.deleteSnapshot(LAB, HOST.at(FIRST), false);
    assertThat(source.store.deleteNamespace(WEB, true).removedGroups()).isEqualTo(1);
    PushSync sync = removing();
    SyncPlan before = sync.plan(SyncScope.ALL);
    assertThat(before.removals()).hasSize(3);
    copy.store.setHolds(new Holds(Map.of(Namespace.ROOT, Duration.ofDays(36_500))));
    assertThat(sync.plan(SyncScope.ALL).removals()).isEmpty();
    assertThat(sync.run(before, report).failures()).isEmpty();
    assertThat(target.requests)
        .noneMatch(request -> request.matches("DELETE .*/(snapshots|groups)\\?.*"));
    assertThat(copy.store.snapshots(INTO, HOST)).hasSize(2);
    assertThat(copy.store.snapshots(INTO_WEB, VM)).hasSize(1);
  }

  @Test
  void anOlderTargetIsNotAskedForWhatItDoesNotKnow() {
    target.version = "{\"version\":\"3.2\",\"release\":\"4\"}";
    add(LAB, HOST.at(FIRST), 1);
    add(LAB, OTHER.at(FIRST), 1);
    runAll();
    assertThat(source.store.deleteGroup(LAB, OTHER).removedSnapshots()).isEqualTo(1);
    PushSync sync = removing();
    assertThat(sync.run(sync.plan(SyncScope.ALL), report).ok()).isTrue();
    assertThat(target.requests).noneMatch(request -> request.contains("error-on-protected"));
    assertThat(copy.store.groups(INTO)).containsExactly(HOST);
  }

  @Test
  void nothingIsRemovedThatCameBackOrChangedSinceThePlan() {
    add(LAB, HOST.at(FIRST), 1);
    add(LAB, HOST.at(SECOND), 1);
    add(LAB, OTHER.at(FIRST), 1);
    runAll();
    PushSync sync = removing();
    source.store.deleteSnapshot(LAB, HOST.at(FIRST), false);
    assertThat(source.store.deleteGroup(LAB, OTHER).removedSnapshots()).isEqualTo(1);
    SyncPlan stale = sync.plan(SyncScope.ALL);
    assertThat(stale.removals()).hasSize(2);
    add(LAB, HOST.at(FIRST), 1);
    copy.store.setProtected(INTO, OTHER.at(FIRST), true);
    SyncResult result = sync.run(stale, report);
    assertThat(result.failures()).isEmpty();
    assertThat(copy.store.snapshots(INTO, HOST)).hasSize(2);
    assertThat(copy.store.snapshots(INTO, OTHER)).hasSize(1);
    assertThat(report.lines)
        .anyMatch(line -> line.contains("it is at the source again"))
        .anyMatch(line -> line.contains("it is protected"));
  }
}
