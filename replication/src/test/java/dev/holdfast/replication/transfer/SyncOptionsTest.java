package dev.holdfast.replication.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.manifest.VerifyState;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.verify.ChunkOrder;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.chunkstore.verify.VerifyWatcher;
import dev.holdfast.chunkstore.work.Workers;
import dev.holdfast.meshconfig.SyncOption;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.transfer.TestStore.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: verified-only and encrypted-only let nothing else through and take nothing away;
 * resync-corrupt makes a damaged copy whole again, and changes no other.
 */
final class SyncOptionsTest {
  private static final SnapshotId DAY_1 = SnapshotId.parse("host/web1/2024-05-01T00:00:00Z");
  private static final SnapshotId DAY_2 = SnapshotId.parse("host/web1/2024-05-02T00:00:00Z");
  private static final String UPID = "UPID:a:00000001:00000001:00000001:66000000:verify::root@pam:";

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  @TempDir Path directory = Path.of("");

  private PullFixture pull;

  @BeforeEach
  void twoDays() {
    pull = new PullFixture(VERTX.vertx(), directory);
  }

  @AfterEach
  void close() {
    pull.close();
  }

  private Content add(SnapshotId snapshot, boolean secret) {
    Content content = secret ? pull.made.encrypted(5) : pull.made.plain(5);
    var unused =
        pull.made.add(
            Namespace.ROOT, snapshot, Map.of(secret ? TestStore.SECRET : TestStore.ROOT, content));
    return content;
  }

  private void verified(SnapshotId snapshot, VerifyState.State state) {
    pull.source.updateManifest(
        Namespace.ROOT, snapshot, m -> m.withVerifyState(new VerifyState(state, UPID)));
  }

  private List<SnapshotId> local() {
    return pull.local.snapshots(Namespace.ROOT, DAY_1.group());
  }

  private void mustRun() {
    assertThat(pull.run().failures()).isEmpty();
  }

  @Test
  void verifiedOnlyWaitsForTheVerificationAtTheSource() {
    var unused = add(DAY_1, false);
    unused = add(DAY_2, false);
    verified(DAY_1, VerifyState.State.OK);
    verified(DAY_2, VerifyState.State.FAILED);
    pull.rules = pull.rules.withOptions(SyncOption.VERIFIED_ONLY);
    mustRun();
    assertThat(local()).containsExactly(DAY_1);
    assertThat(pull.report.lines)
        .anyMatch(line -> line.contains("not verified at the source, due to verified-only"));
    verified(DAY_2, VerifyState.State.OK);
    mustRun();
    assertThat(local()).containsExactly(DAY_1, DAY_2);
    assertThat(pull.plan().isEmpty()).isTrue();
  }

  @Test
  void whatAnOptionLeavesOutIsNotTakenForGone() {
    var unused = add(DAY_1, false);
    mustRun();
    pull.rules = pull.rules.withOptions(SyncOption.VERIFIED_ONLY, SyncOption.ENCRYPTED_ONLY);
    pull.removeVanished();
    mustRun();
    assertThat(local()).containsExactly(DAY_1);
  }

  @Test
  void encryptedOnlyLetsNothingPlainThrough() {
    var unused = add(DAY_1, true);
    unused = add(DAY_2, false);
    pull.rules = pull.rules.withOptions(SyncOption.ENCRYPTED_ONLY);
    mustRun();
    assertThat(local()).containsExactly(DAY_1);
    assertThat(pull.plan().isEmpty()).isTrue();
  }

  @Test
  void manifestDecidesWhereTheListingToldSomethingElse() {
    var unused = add(DAY_1, false);
    verified(DAY_1, VerifyState.State.OK);
    pull.rules = pull.rules.withOptions(SyncOption.VERIFIED_ONLY);
    var plan = pull.plan();
    assertThat(plan.transferCount()).isOne();
    verified(DAY_1, VerifyState.State.FAILED);
    assertThat(pull.run(plan).failures()).isEmpty();
    assertThat(local()).isEmpty();
  }

  @Test
  void damagedCopyIsMadeWholeAgain() throws IOException {
    Content content = add(DAY_1, false);
    mustRun();
    Path chunk = pull.local.chunks().path(content.digests().getFirst());
    byte[] bytes = Files.readAllBytes(chunk);
    bytes[bytes.length - 1] ^= 1;
    Files.write(chunk, bytes);
    SnapshotVerifier settingAside =
        new SnapshotVerifier(
            pull.local, Workers.none(), ChunkOrder.INODE, VerifyWatcher.SILENT, true);
    assertThat(settingAside.verify(Namespace.ROOT, DAY_1)).isNotEmpty();
    pull.local.updateManifest(
        Namespace.ROOT,
        DAY_1,
        m -> m.withVerifyState(new VerifyState(VerifyState.State.FAILED, UPID)));

    mustRun();
    assertThat(chunk).doesNotExist();
    pull.rules = pull.rules.withOptions(SyncOption.RESYNC_CORRUPT);
    long before = pull.server.count("GET /chunk");
    mustRun();
    assertThat(pull.server.count("GET /chunk") - before).isOne();
    assertThat(pull.report.lines)
        .anyMatch(
            line -> line.endsWith("re-sync snapshot " + DAY_1.timeText() + " due to corruption"));
    assertThat(new SnapshotVerifier(pull.local).verify(Namespace.ROOT, DAY_1)).isEmpty();
    assertThat(pull.plan().isEmpty()).isTrue();
  }

  @Test
  void damagedCopyOfADamagedSourceIsLeftAlone() {
    var unused = add(DAY_1, false);
    mustRun();
    pull.local.updateManifest(
        Namespace.ROOT,
        DAY_1,
        m -> m.withVerifyState(new VerifyState(VerifyState.State.FAILED, UPID)));
    verified(DAY_1, VerifyState.State.FAILED);
    pull.rules = pull.rules.withOptions(SyncOption.RESYNC_CORRUPT);
    assertThat(pull.plan().isEmpty()).isTrue();
  }
}
