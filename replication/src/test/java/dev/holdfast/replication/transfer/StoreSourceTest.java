package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.holdfast.chunkstore.datastore.Lease;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.SmallBackup;
import dev.holdfast.replication.peer.StoredSnapshot;
import dev.holdfast.replication.plan.Mapping;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a pull from another datastore of this node is the pull that it is from a peer, with no
 * peer: what it may not read it does not take, what it reads nobody removes, and what is damaged
 * does not spread.
 */
final class StoreSourceTest {
  private static final String DAY_1 = "host/web1/2026-11-01T12:00:00Z";
  private static final String DAY_2 = "host/web1/2026-11-02T12:00:00Z";
  private static final String OTHER = "vm/100/2026-11-01T12:00:00Z";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private PullFixture pull;
  private final Set<Namespace> hidden = new HashSet<>();
  private final Set<AuthId> unreadable = new HashSet<>();

  @BeforeEach
  void open(@TempDir Path directory) {
    pull = new PullFixture(VERTX.vertx(), directory);
  }

  @AfterEach
  void close() {
    assertThat(pull.server.requests).as("no calls to itself").isEmpty();
    pull.close();
  }

  private PullSource source() {
    SourceRights rights =
        new SourceRights() {
          @Override
          public boolean sees(Namespace namespace) {
            return !hidden.contains(namespace);
          }

          @Override
          public boolean reads(Namespace namespace, AuthId owner) {
            return sees(namespace) && !unreadable.contains(owner);
          }
        };
    return PullSource.of(pull.source, rights, pull.workers);
  }

  private SyncResult run() {
    PullSync sync = pull.sync(source());
    return sync.run(sync.plan(SyncScope.ALL), pull.report);
  }

  private BackupException refusedPlan() {
    return catchThrowableOfType(
        BackupException.class, () -> pull.sync(source()).plan(SyncScope.ALL));
  }

  private boolean isHere(String namespace, String snapshot) {
    return pull.local.snapshotExists(Namespace.parse(namespace), SnapshotId.parse(snapshot));
  }

  @Test
  void nestedNamespacesArriveWholeAndThenThereIsNothingToDo() {
    pull.backup("", DAY_1, 1);
    pull.backup("a/b", DAY_1, 2);
    pull.backup("a/b", DAY_2, 3);
    pull.backup("a/b/c", OTHER, 4);
    pull.mapping = Mapping.pull(Namespace.parse("a"), Namespace.parse("x"), PullFixture.OWNER);
    SyncResult result = run();
    assertThat(result.failures()).isEmpty();
    assertThat(result.snapshots()).isEqualTo(3);
    assertThat(result.chunks()).isPositive();
    pull.assertSame("a/b", "x/b", DAY_1);
    pull.assertSame("a/b", "x/b", DAY_2);
    pull.assertSame("a/b/c", "x/b/c", OTHER);
    assertThat(pull.sync(source()).plan(SyncScope.ALL).isEmpty()).isTrue();
    assertThat(pull.report.lines).contains("pull datastore 'test' from 'test'");
  }

  @Test
  void whatVanishedInTheSourceGoesHereWhenTheRulesSaySo() {
    pull.backup("", DAY_1, 1);
    pull.backup("", DAY_2, 2);
    pull.backup("a", OTHER, 3);
    assertThat(run().ok()).isTrue();
    pull.source.deleteSnapshot(Namespace.ROOT, SnapshotId.parse(DAY_1), false);
    pull.source.deleteNamespace(Namespace.parse("a"), true);
    assertThat(run().ok()).isTrue();
    assertThat(isHere("", DAY_1)).isTrue();
    pull.removeVanished();
    assertThat(run().ok()).isTrue();
    assertThat(isHere("", DAY_1)).isFalse();
    assertThat(pull.local.namespaceExists(Namespace.parse("a"))).isFalse();
    pull.assertSame("", "", DAY_2);
  }

  @Test
  void whatMayNotBeReadIsNotTakenAndNeverTakenForVanished() {
    pull.backup("a", DAY_1, 1);
    pull.backup("a/b", OTHER, 2);
    hidden.add(Namespace.parse("a"));
    assertThat(run().ok()).isTrue();
    pull.assertSame("a/b", "a/b", OTHER);
    assertThat(isHere("a", DAY_1)).isFalse();

    pull.removeVanished();
    BackupException refused = refusedPlan();
    assertThat(refused.kind()).isEqualTo(Kind.PERMISSION);
    assertThat(refused).hasMessageContaining("'a' of datastore 'test', so what vanished there");
    assertThat(isHere("a/b", OTHER)).isTrue();

    hidden.addAll(Set.of(Namespace.ROOT, Namespace.parse("a/b")));
    assertThat(refusedPlan().kind()).isEqualTo(Kind.PERMISSION);
  }

  @Test
  void groupsOfOthersAreLeftOutAndAGroupThatChangedHandsIsNotOpened() {
    pull.backup("", DAY_1, 1);
    pull.backup("", OTHER, 2);
    AuthId stranger = AuthId.parse("stranger@pbs");
    pull.source.setOwner(Namespace.ROOT, GroupId.parse("vm/100"), stranger);
    unreadable.add(stranger);
    PullSync sync = pull.sync(source());
    var planned = sync.plan(SyncScope.ALL);
    assertThat(planned.groups()).hasSize(1);
    pull.source.setOwner(Namespace.ROOT, GroupId.parse("host/web1"), stranger);
    assertThat(sync.run(planned, pull.report).failures())
        .singleElement()
        .asString()
        .contains("may not read group host/web1");
    assertThat(pull.local.groups(Namespace.ROOT)).isEmpty();
  }

  @Test
  void openSnapshotCannotBeRemovedAndTwoMayReadIt() {
    pull.backup("", DAY_1, 1);
    SnapshotId id = SnapshotId.parse(DAY_1);
    try (StoredSnapshot one = source().open(Namespace.ROOT, id).orElseThrow();
        StoredSnapshot two = source().open(Namespace.ROOT, id).orElseThrow()) {
      assertThat(one.download(SmallBackup.BLOB)).isEqualTo(two.download(SmallBackup.BLOB));
      BackupException locked =
          catchThrowableOfType(
              BackupException.class, () -> pull.source.deleteSnapshot(Namespace.ROOT, id, false));
      assertThat(locked.kind()).isEqualTo(Kind.LOCKED);
    }
    pull.source.deleteSnapshot(Namespace.ROOT, id, false);
    assertThat(source().open(Namespace.ROOT, id)).isEmpty();
  }

  @Test
  void snapshotThatIsBeingRemovedLeavesItsGroupForLater() {
    pull.backup("", DAY_1, 1);
    try (Lease removing =
        pull.source.lockSnapshotExclusive(Namespace.ROOT, SnapshotId.parse(DAY_1))) {
      SyncResult result = run();
      assertThat(result.failures()).isEmpty();
      assertThat(result.busyGroups()).hasSize(1);
    }
    assertThat(run().ok()).isTrue();
    pull.assertSame("", "", DAY_1);
  }

  @Test
  void damagedOrMissingChunkFailsItsGroupAndStaysWhereItIs() throws IOException {
    pull.backup("", DAY_1, 1);
    pull.backup("", OTHER, 2);
    Digest chunk =
        pull.source
            .readIndex(Namespace.ROOT, SnapshotId.parse(DAY_1), SmallBackup.DYNAMIC)
            .digest(0);
    Path file =
        pull.source
            .base()
            .resolve(".chunks")
            .resolve(chunk.hex().substring(0, 4) + "/" + chunk.hex());
    byte[] whole = Files.readAllBytes(file);
    byte[] damaged = whole.clone();
    damaged[damaged.length - 1] ^= 1;
    Files.write(file, damaged);
    assertThat(run().failures()).singleElement().asString().contains("host/web1", chunk.hex());
    assertThat(pull.local.chunks().touch(chunk)).isFalse();
    pull.assertSame("", "", OTHER);
    Files.delete(file);
    assertThat(run().failures()).singleElement().asString().contains("host/web1", chunk.hex());
    assertThat(isHere("", DAY_1)).isFalse();
    Files.write(file, whole);
    assertThat(run().ok()).isTrue();
    pull.assertSame("", "", DAY_1);
  }

  @Test
  void sourceNamespaceThatIsNotThereIsSaid() {
    pull.mapping = Mapping.pull(Namespace.parse("absent"), Namespace.ROOT, PullFixture.OWNER);
    assertThat(pull.sync(source()).plan(SyncScope.ALL).isRefused()).isTrue();
  }
}
