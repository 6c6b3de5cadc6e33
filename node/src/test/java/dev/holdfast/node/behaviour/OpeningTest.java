package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: who gets a session, who does not, and in which words he hears why. */
final class OpeningTest {
  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;

  OpeningTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  @Test
  @Behaviour(17)
  void withoutThePrivilegeAWriterIsForbiddenAndAReaderAMistake() throws IOException {
    Credential.Token auditor = site.node.token("eve", "/datastore/main", "DatastoreAudit");
    SnapshotId snapshot = Site.snapshot("rights", Site.TIME);
    assertThat(site.writerRefusal(snapshot, auditor))
        .isEqualTo("403 missing permissions 'Datastore.Backup' on '/datastore/main'");
    String reader = SessionProbe.readerTarget(Namespace.ROOT, snapshot);
    assertThat(site.refusal(reader, RawSession.READER, auditor))
        .isEqualTo("400 no permissions on /datastore/main");
  }

  @Test
  @Behaviour(18)
  void anAbsentNamespaceIsNotFoundAndNotMade() throws IOException {
    SnapshotId snapshot = Site.snapshot("nowhere", Site.TIME);
    String target = SessionProbe.target(Namespace.parse("absent"), snapshot);
    assertThat(site.refusal(target, RawSession.BACKUP, site.token))
        .isEqualTo("404 namespace not found");
    assertThat(site.store.resolve("ns/absent")).doesNotExist();
  }

  @Test
  @Behaviour(19)
  void aSecondWriterOfAGroupIsRefused() throws IOException {
    SnapshotId snapshot = Site.snapshot("busy", Site.TIME);
    try (RawSession first = site.writer(snapshot)) {
      assertThat(site.writerRefusal(Site.snapshot("busy", Site.TIME + 1), site.token))
          .startsWith("400 unable to acquire lock on backup group directory ")
          .endsWith(" - another backup is already running");
      assertThat(first.call("GET /previous_backup_time").status()).isEqualTo("200");
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(20)
  void timesMustGrowUnlessTheLastOneIsKnownToBeDamaged() throws IOException {
    SnapshotId last = Site.snapshot("times", Site.TIME);
    site.backUp(last);
    for (long time : new long[] {Site.TIME, Site.TIME - 1}) {
      assertThat(site.writerRefusal(Site.snapshot("times", time), site.token))
          .isEqualTo("400 backup timestamp is older than last backup.");
    }
    SnapshotId damaged = Site.snapshot("times", Site.TIME + 10);
    try (RawSession session = site.writer(damaged)) {
      RawUpload upload = new RawUpload(session, damaged);
      upload.okArchive("root.pxar.didx", Site.content(damaged));
      upload.okBlob("index.json.blob", failedVerification(upload.manifest()));
      upload.ok("POST /finish");
    }
    site.awaitIdle();
    try (RawSession between = site.writer(Site.snapshot("times", Site.TIME + 5))) {
      assertThat(between.call("GET /previous_backup_time").text()).isEqualTo("{\"data\":null}");
      assertThat(between.call("GET /previous?archive-name=root.pxar.didx").text())
          .isEqualTo("no valid previous backup");
    }
    site.awaitIdle();
  }

  private static byte[] failedVerification(byte[] manifest) {
    var state =
        JsonNodeFactory.instance
            .objectNode()
            .put("state", "failed")
            .put("upid", "UPID:x:00000001:00000001:00000001:66666666:verify:main:root@pam:");
    return Manifest.decodeBlob(manifest).withUnprotected("verify_state", state).encodeBlob();
  }

  @Test
  @Behaviour(21)
  void aUserMayWriteToTheGroupsOfHisTokensAndNotTheOtherWayRound() throws IOException {
    Credential.Password user = site.node.user("carl@pbs", "secret of carl");
    Credential.Token token = site.node.token(user.user(), "laptop");
    site.node.allow(user.user(), "/datastore/main", "DatastoreBackup");
    site.node.allow(token.id(), "/datastore/main", "DatastoreBackup");
    run(token, "of-token", Site.TIME);
    run(user, "of-token", Site.TIME + 1);
    run(user, "of-user", Site.TIME);
    assertThatThrownBy(() -> run(token, "of-user", Site.TIME + 1))
        .hasMessage("backup owner check failed (carl@pbs!laptop != carl@pbs)");
    assertThatThrownBy(() -> run(site.token, "of-user", Site.TIME + 1))
        .hasMessage("backup owner check failed (" + site.token.id() + " != carl@pbs)");
  }

  private void run(Credential who, String id, long time) {
    SmallUpload.run(
        site.node.client(who), TestNode.STORE, Namespace.ROOT, Site.snapshot(id, time), time);
  }

  @Test
  @Behaviour(31)
  void theNextBackupOfAGroupBeginsWhenTheFinishIsAnswered() throws IOException {
    SnapshotId first = Site.snapshot("chain", Site.TIME);
    SnapshotId second = Site.snapshot("chain", Site.TIME + 1);
    try (RawSession session = site.writer(first)) {
      RawUpload upload = new RawUpload(session, first);
      upload.okArchive("root.pxar.didx", Site.content(first));
      upload.okFinish();
      try (RawSession next = site.writer(second)) {
        assertThat(next.call("GET /previous_backup_time").text())
            .isEqualTo("{\"data\":" + Site.TIME + "}");
      }
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(32)
  void theLastSnapshotCanBeReadWhileTheNextIsWritten() throws IOException {
    SnapshotId last = Site.snapshot("metadata", Site.TIME);
    site.backUp(last);
    try (RawSession writer = site.writer(Site.snapshot("metadata", Site.TIME + 1));
        RawSession reader = site.reader(last)) {
      assertThat(writer.call("GET /previous?archive-name=root.pxar.didx").status())
          .isEqualTo("200");
      assertThat(reader.call("GET /download?file-name=root.pxar.didx").status()).isEqualTo("200");
    }
    site.awaitIdle();
  }
}
