package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Clients that want the node's memory, threads or patience: others are served meanwhile. */
@Timeout(60)
class HostileClientsTest {
  private static final int CALLS_AT_ONCE = 64;
  private static final int BLOB_BYTES = 12 << 20;
  private static final byte[] CANCEL = ByteBuffer.allocate(4).putInt(8).array();

  private static final Duration GONE_TIME_MAX = Duration.ofSeconds(20);

  /**
   * Just beyond the limit, which the last of it meets: nothing is sent after the node has closed.
   */
  private static final int HEAD_CHARS = 64 * 1024 + 100;

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  @TempDir private Path directory = Path.of("");

  @SuppressWarnings("NullAway.Init") // before each test
  private TestNode node;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start(VERTX, directory);
  }

  @AfterEach
  void stop() throws Exception {
    node.close();
  }

  private RawTls connect() throws IOException {
    return RawTls.connect(node.address().port());
  }

  private void othersAreServed() {
    assertThat(node.admin().get("/version").path("release").asText()).isNotEmpty();
  }

  private String login() throws IOException {
    String secret = Files.readString(node.state().resolve("local-secret"));
    return "Authorization: HoldfastLocal " + secret.strip() + "\r\n";
  }

  @Test
  void headsThatNeverEndAreRefusedAtTheirLimit() throws IOException {
    try (RawTls client = connect()) {
      client.text("GET /api2/json/version HTTP/1.1\r\nX-Long: " + "x".repeat(HEAD_CHARS)).send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 4");
      client.awaitEnd();
    }
    othersAreServed();
  }

  @Test
  void bodiesBeyondTheLimitAreRefusedAndNotKept() throws IOException {
    try (RawTls client = connect()) {
      client.text(
          "POST /api2/json/access/ticket HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
      client.text("x".repeat(1_000_000)).send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 400 ");
    }
    othersAreServed();
  }

  @Test
  void aBodyWithoutEndCostsItsConnection() throws IOException {
    String part = "100000\r\n" + "x".repeat(1 << 20) + "\r\n";
    try (RawTls client = connect()) {
      client.text(
          "POST /api2/json/access/ticket HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      try {
        for (int i = 0; i < 1000; i++) {
          client.text(part).send();
        }
      } catch (IOException closed) {
        othersAreServed();
        return;
      }
    }
    throw new AssertionError("the node took a gigabyte");
  }

  @Test
  void downloadsThatNobodyReadsDoNotTakeThePlacesOfCalls() throws IOException {
    SnapshotId snapshot = new SnapshotId(new GroupId(BackupType.HOST, "large"), 1_700_000_000);
    try (BackupSession session =
        node.admin().openBackup(TestNode.STORE, Namespace.ROOT, snapshot, false)) {
      byte[] blob = DataBlob.encode(SmallUpload.content(1, BLOB_BYTES), 0, BLOB_BYTES, false);
      session.blob(SmallUpload.CONF, blob);
      ManifestFile file =
          new ManifestFile(SmallUpload.CONF, CryptMode.NONE, blob.length, Digest.sha256(blob));
      session.blob(ArchiveName.MANIFEST, Manifest.of(snapshot, List.of(file)).encodeBlob());
      session.finish();
    }
    List<RawTls> greedy = new ArrayList<>();
    try {
      for (int i = 0; i < CALLS_AT_ONCE; i++) {
        RawTls client = connect();
        greedy.add(client);
        client.text(
            "GET /api2/json/admin/datastore/main/download?backup-type=host&backup-id=large"
                + "&backup-time=1700000000&file-name=guest.conf.blob HTTP/1.1\r\nHost: h\r\n");
        client.text(login()).text("\r\n").send();
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      othersAreServed();
    } finally {
      for (RawTls client : greedy) {
        client.cut();
      }
    }
  }

  @Test
  void aSessionThatOpensAndResetsStreamsEndsOrIsServed() throws IOException {
    try (RawTls client = connect()) {
      client
          .text("GET /api2/json/backup?store=main&backup-type=host&backup-id=r&backup-time=1 ")
          .text("HTTP/1.1\r\nHost: h\r\nUpgrade: proxmox-backup-protocol-v1\r\n")
          .text("Connection: Upgrade\r\n" + login() + "\r\n")
          .send();
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      client.preface().send();
      try {
        for (int stream = 1; stream < 20_000; stream += 2) {
          client.request(stream, "GET", "/previous_backup_time", true);
          client.frame(RawTls.RST_STREAM, 0, stream, CANCEL).send();
        }
        client.awaitEnd();
      } catch (IOException closed) {
        // it may be cut off at any moment
      }
    }
    othersAreServed();
    Await.until(
        "the unfinished snapshot to go",
        GONE_TIME_MAX,
        () -> node.admin().get("/admin/datastore/main/groups").isEmpty());
  }
}
