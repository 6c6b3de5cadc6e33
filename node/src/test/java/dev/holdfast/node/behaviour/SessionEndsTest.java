package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SmallFileSystem;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.StreamAnswers;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what happens to a node or to a caller's rights in the middle of a session leaves no
 * half snapshot, no lock and no open file. Kills of the process are {@code KillTest}'s, full disks
 * {@code DiskFullTest}'s.
 */
final class SessionEndsTest {
  private static final Path OPEN_FILES = Path.of("/proc/self/fd");
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int DISK_BYTES = 4 << 20;
  private static final SnapshotId SNAPSHOT = Site.snapshot("web", Site.TIME);
  private static final SnapshotId NEXT = Site.snapshot("web", Site.TIME + 1);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  @Test
  void aDiskThatBecomesReadOnlyIsToldAndTheNextBackupCleansUp() throws IOException {
    String obstacle = SmallFileSystem.obstacle();
    assumeTrue(obstacle.isEmpty(), obstacle);
    Path store = Files.createDirectory(directory.resolve("main"));
    try (SmallFileSystem disk = SmallFileSystem.mount(store, DISK_BYTES);
        Site site = new Site(strict, directory)) {
      site.backUp(SNAPSHOT);
      byte[] blob = SmallUpload.blob("memory: 512\n");
      try (RawSession session = site.writer(NEXT)) {
        new RawUpload(session, NEXT).okBlob("before.conf.blob", blob);
        disk.makeReadOnly();
        StreamAnswers.Answer answer =
            session.call("POST /blob?file-name=late.blob&encoded-size=" + blob.length, null, blob);
        assertThat(answer.status()).isEqualTo("400");
        assertThat(answer.text()).contains("late.blob").contains("Read-only file system");
        // An error ends no session, and what is there can be read.
        assertThat(session.call("GET /previous?archive-name=index.json.blob").status())
            .isEqualTo("200");
      }
      site.awaitIdle();
      assertThat(site.snapshots("web")).filteredOn(one -> one.has("size")).hasSize(1);
      assertThat(site.writerRefusal(NEXT, site.token))
          .startsWith("400 ")
          .contains("Read-only file system");
      disk.makeWritable();
      SnapshotId after = Site.snapshot("web", Site.TIME + 2);
      site.backUp(after);
      assertThat(site.snapshots("web")).hasSize(2).allMatch(one -> one.has("size"));
      assertThat(store.resolve(NEXT.toString())).doesNotExist();
    }
  }

  @Test
  void aTokenThatIsRevokedFinishesItsSessionAndOpensNoOther() throws IOException {
    try (Site site = new Site(strict, directory)) {
      Credential.Token token = site.node.token("carl", "/datastore/main", "DatastoreBackup");
      finishesAndOpensNoOther(
          site,
          token,
          () -> {
            var unused = site.node.admin().delete("/access/users/carl@pbs/token/test", Map.of());
          });
    }
  }

  @Test
  void aUserThatExpiresFinishesHisSessionAndOpensNoOther() throws IOException {
    try (Site site = new Site(strict, directory)) {
      Credential.Token token = site.node.token("dora", "/datastore/main", "DatastoreBackup");
      finishesAndOpensNoOther(
          site,
          token,
          () -> {
            var unused =
                site.node
                    .admin()
                    .put(
                        "/access/users/dora@pbs",
                        JsonNodeFactory.instance.objectNode().put("expire", 1));
          });
    }
  }

  /** As with a real server: who is let in is asked when a session opens, and not again. */
  private static void finishesAndOpensNoOther(
      Site site, Credential.Token token, Runnable revocation) throws IOException {
    try (RawSession session =
        RawSession.open(
            site.port(),
            SessionProbe.target(Namespace.ROOT, SNAPSHOT),
            RawSession.BACKUP,
            SessionProbe.authorization(token))) {
      RawUpload upload = new RawUpload(session, SNAPSHOT);
      upload.okArchive("root.pxar.didx", Site.content(SNAPSHOT));
      revocation.run();
      assertThat(site.writerRefusal(NEXT, token)).startsWith("401 authentication failed");
      upload.okFinish();
    }
    site.awaitIdle();
    assertThat(site.snapshots("web").path(0).path("size").longValue()).isPositive();
    AuthId owner = AuthId.parse(site.snapshots("web").path(0).path("owner").textValue());
    assertThat(owner).isEqualTo(token.id());
    // The group is free: another who may has it, but for its owner.
    assertThat(site.writerRefusal(NEXT, site.token))
        .isEqualTo("400 backup owner check failed (" + site.token.id() + " != " + owner + ")");
  }

  @Test
  void noSessionLeavesAFileOpenHoweverItEnds() throws IOException {
    assumeTrue(Files.isDirectory(OPEN_FILES), "this system does not tell its open files");
    try (Site site = new Site(strict, directory)) {
      site.backUp(SNAPSHOT);
      List<Path> before = openFiles(site.store);
      for (int round = 0; round < 10; round++) {
        SnapshotId snapshot = Site.snapshot("round" + round, Site.TIME);
        try (RawSession writer = site.writer(snapshot);
            RawSession reader = site.reader(SNAPSHOT)) {
          RawUpload upload = new RawUpload(writer, snapshot);
          var unused = upload.okDynamicIndex("open.pxar.didx");
          unused = upload.okFixedIndex("open.img.fidx", "&size=5");
          assertThat(openFiles(site.store)).hasSizeGreaterThan(before.size());
          assertThat(reader.call("GET /download?file-name=root.pxar.didx").status())
              .isEqualTo("200");
          if (round % 2 == 0) {
            writer.cut();
            reader.cut();
          }
        }
        site.awaitIdle();
      }
      Await.until(
          "files to be closed: " + openFiles(site.store),
          SOON,
          () -> openFiles(site.store).equals(before));
      assertThat(site.snapshots("web")).hasSize(1);
    }
  }

  /** Of this process, below a directory. */
  private static List<Path> openFiles(Path below) {
    List<Path> open = new ArrayList<>();
    try (var files = Files.newDirectoryStream(OPEN_FILES)) {
      for (Path file : files) {
        try {
          Path target = Files.readSymbolicLink(file);
          if (target.startsWith(below)) {
            open.add(target);
          }
        } catch (NoSuchFileException e) {
          // closed meanwhile
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    open.sort(null);
    return open;
  }
}
