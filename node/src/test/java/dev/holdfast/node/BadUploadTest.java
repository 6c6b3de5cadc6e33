package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.behaviour.Behaviour;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SessionProbe.Answer;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: whatever a client sends, and whenever it vanishes, a snapshot is listed only when it is
 * whole. Every test does one thing wrong in a session on {@link #SNAPSHOT}, sees the status and the
 * text, and ends without a finish; after each the snapshot is gone, the group is free, and the next
 * backup of it goes through.
 */
final class BadUploadTest {
  private static final GroupId GROUP = new GroupId(BackupType.HOST, "web");
  private static final SnapshotId SNAPSHOT = GROUP.at(1_717_977_600);
  private static final SnapshotId NEXT = GROUP.at(1_718_064_000);
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final byte[] PLAIN = SmallUpload.content(1, 3000);
  private static final byte[] CHUNK = DataBlob.encode(PLAIN, 0, PLAIN.length, true);
  private static final Digest DIGEST = Digest.sha256(PLAIN);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();
  private Optional<Credential.Token> writer = Optional.empty();

  @BeforeEach
  void start() throws IOException {
    TestNode node = TestNode.start(strict, directory);
    started = Optional.of(node);
    writer = Optional.of(node.token("bob", "/datastore/main", "DatastoreBackup"));
  }

  private TestNode node() {
    return started.orElseThrow();
  }

  private Credential.Token token() {
    return writer.orElseThrow();
  }

  private SessionProbe session(SnapshotId snapshot) {
    return SessionProbe.backup(strict.vertx(), node(), token(), Namespace.ROOT, snapshot);
  }

  /** What must hold after each test. */
  @AfterEach
  void nothingHalfIsListedAndTheNextBackupWorks() throws IOException {
    try (TestNode node = node()) {
      Path snapshot = directory.resolve("main").resolve(SNAPSHOT.toString());
      Await.until("the unfinished snapshot is removed", SOON, () -> !Files.exists(snapshot));
      RemoteNode client = node.client(token());
      Await.until("its task has ended", SOON, () -> running(node).isEmpty());
      SmallUpload.run(client, TestNode.STORE, Namespace.ROOT, NEXT, 7);
      JsonNode listed = listed(client, GROUP);
      assertThat(listed).hasSize(1);
      assertThat(listed.path(0).path("backup-time").longValue()).isEqualTo(NEXT.time());
      assertThat(listed.path(0).path("size").longValue()).isPositive();
    }
  }

  private static JsonNode listed(RemoteNode client, GroupId group) {
    return client.get("/admin/datastore/main/snapshots", Map.of("backup-id", group.id()));
  }

  private static JsonNode running(TestNode node) {
    return node.admin().get("/nodes/localhost/tasks", Map.of("running", "true"));
  }

  // ---- chunks ----

  private static String chunkCall(Digest digest, int plainBytes, int encodedBytes) {
    return "POST /dynamic_chunk?wid=1&digest="
        + digest.hex()
        + "&size="
        + plainBytes
        + "&encoded-size="
        + encodedBytes;
  }

  @Test
  void bodyShorterThanAnnouncedIsRefused() {
    try (SessionProbe session = session(SNAPSHOT)) {
      newIndex(session);
      refused(
          session.call(chunkCall(DIGEST, PLAIN.length, CHUNK.length + 1), CHUNK),
          "uploaded chunk has unexpected size.");
      refused(
          session.call("POST /blob?file-name=a.blob&encoded-size=99", SmallUpload.blob("x")),
          "got blob with unexpected length (99 != 13)");
      stored(session);
    }
  }

  @Test
  void bodyLongerThanAnnouncedIsRefused() {
    try (SessionProbe session = session(SNAPSHOT)) {
      newIndex(session);
      refused(
          session.call(chunkCall(DIGEST, PLAIN.length, CHUNK.length - 1), CHUNK),
          "uploaded chunk is larger than announced.");
      byte[] megabytes = new byte[5 << 20];
      refused(
          session.call(chunkCall(DIGEST, PLAIN.length, 13), megabytes),
          "uploaded chunk is larger than announced.");
      stored(session);
    }
  }

  @Test
  void chunkThatIsNotWhatItsDigestSaysIsRefusedAndNotStored() {
    Digest other = Digest.sha256(new byte[] {1});
    try (SessionProbe session = session(SNAPSHOT)) {
      newIndex(session);
      refused(
          session.call(chunkCall(other, PLAIN.length, CHUNK.length), CHUNK),
          "detected chunk with wrong digest.");
      refused(
          session.call(chunkCall(DIGEST, PLAIN.length - 1, CHUNK.length), CHUNK),
          "detected chunk with wrong length (2999 != 3000)");
      byte[] noMagic = CHUNK.clone();
      noMagic[0] ^= 1;
      refused(
          session.call(chunkCall(DIGEST, PLAIN.length, noMagic.length), noMagic),
          "unable to parse raw blob - wrong magic");
      assertThat(chunkFile(other)).doesNotExist();
      assertThat(chunkFile(DIGEST)).doesNotExist();
      stored(session);
    }
  }

  private Path chunkFile(Digest digest) {
    return directory
        .resolve("main/.chunks")
        .resolve(digest.hex().substring(0, 4))
        .resolve(digest.hex());
  }

  /** As a real server does: the content was checked by its digest, the CRC is for the disk. */
  @Test
  void chunkIsStoredWithTheRightCrcWhateverTheClientSent() throws IOException {
    byte[] wrongCrc = CHUNK.clone();
    wrongCrc[8] ^= 1;
    try (SessionProbe session = session(SNAPSHOT)) {
      newIndex(session);
      assertThat(session.call(chunkCall(DIGEST, PLAIN.length, wrongCrc.length), wrongCrc).status())
          .isEqualTo(200);
      assertThat(Files.readAllBytes(chunkFile(DIGEST))).isEqualTo(CHUNK);
    }
  }

  @Test
  void blobWithWrongCrcIsRefused() {
    byte[] blob = SmallUpload.blob("memory: 512\n");
    blob[8] ^= 1;
    try (SessionProbe session = session(SNAPSHOT)) {
      refused(
          session.call("POST /blob?file-name=guest.conf.blob&encoded-size=" + blob.length, blob),
          "Data blob has wrong CRC checksum.");
    }
  }

  @Test
  void parametersOutOfRangeNameTheParameter() {
    try (SessionProbe session = session(SNAPSHOT)) {
      newIndex(session);
      refused(
          session.call(chunkCall(DIGEST, 17 << 20, CHUNK.length), CHUNK),
          "parameter verification failed - 'size': value must have a maximum value of 16777216"
              + " (got 17825792)");
      refused(
          session.call("POST /blob?file-name=../../up.blob&encoded-size=13", new byte[13]),
          "parameter verification failed - 'file-name': value does not match the regex pattern");
      assertThat(session.call("POST /dynamic_chunk").text())
          .startsWith("parameter verification ")
          .contains("'wid': parameter is missing and it is not optional.");
    }
  }

  // ---- indexes ----

  @Test
  void archivesOfUnknownTypesAreRefused() {
    try (SessionProbe session = session(SNAPSHOT)) {
      refused(
          session.call("POST /dynamic_index?archive-name=root.zip"),
          "wrong archive extension: 'root.zip'");
      refused(
          session.call("POST /fixed_index?archive-name=disk.didx&size=5"),
          "wrong archive extension: 'disk.didx'");
      refused(
          session.call("POST /blob?file-name=conf.txt&encoded-size=13", new byte[13]),
          "wrong blob file extension: 'conf.txt'");
    }
  }

  @Test
  @Behaviour({23, 24, 28})
  void chunkThatWasNotUploadedInTheSessionCannotBeReferencedThoughTheStoreHasIt()
      throws IOException {
    try (SessionProbe other =
        SessionProbe.backup(
            strict.vertx(),
            node(),
            token(),
            Namespace.ROOT,
            new GroupId(BackupType.HOST, "other").at(SNAPSHOT.time()))) {
      newIndex(other);
      stored(other);
    }
    assertThat(chunkFile(DIGEST)).exists();
    try (SessionProbe session = session(SNAPSHOT)) {
      newIndex(session);
      String append = "PUT /dynamic_index?wid=1&digest-list=" + DIGEST.hex() + "&offset-list=0";
      refused(session.call(append), "no such chunk " + DIGEST.hex());
      stored(session);
      refused(
          session.call(append.replace("offset-list=0", "offset-list=5")),
          "dynamic writer 'root.pxar.didx' append chunk failed - got strange chunk offset (0 != 5)");
      assertThat(session.call(append).status()).isEqualTo(200);
      refused(
          session.call("POST /dynamic_close?wid=1&chunk-count=1&size=3000&csum=" + DIGEST.hex()),
          "dynamic writer 'root.pxar.didx' close failed - got unexpected checksum");
      refused(session.call("POST /finish"), "found open index writer - unable to finish backup");
    }
  }

  @Test
  void writersThatDoNotExistAreRefused() {
    try (SessionProbe session = session(SNAPSHOT)) {
      refused(
          session.call(chunkCall(DIGEST, PLAIN.length, CHUNK.length), CHUNK),
          "dynamic writer '1' not registered");
      refused(
          session.call("POST /fixed_close?wid=9&chunk-count=0&size=0&csum=" + DIGEST.hex()),
          "fixed writer '9' not registered");
    }
  }

  // ---- the session ----

  @Test
  @Behaviour(28)
  void finishWithoutAManifestIsRefused() {
    try (SessionProbe session = session(SNAPSHOT)) {
      refused(
          session.call("POST /finish"), "backup does not contain valid files (file count == 0)");
      blob(session, "guest.conf.blob", SmallUpload.blob("memory: 512\n"));
      Answer answer = session.call("POST /finish");
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text())
          .startsWith("unable to update manifest blob - unable to load blob '\"")
          .contains(SNAPSHOT + "/index.json.blob\"' - No such file or directory");
    }
  }

  @Test
  void finishWithAManifestThatIsNoneIsRefused() {
    try (SessionProbe session = session(SNAPSHOT)) {
      blob(session, "index.json.blob", SmallUpload.blob("{\"files\": 7}"));
      Answer answer = session.call("POST /finish");
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.text()).startsWith("unable to update manifest blob - ");
    }
  }

  @Test
  void secondFinishIsRefusedAndTheFirstStands() {
    SnapshotId other = new GroupId(BackupType.HOST, "other").at(SNAPSHOT.time());
    try (SessionProbe session =
        SessionProbe.backup(strict.vertx(), node(), token(), Namespace.ROOT, other)) {
      byte[] manifest = Manifest.of(other, List.of()).encodeBlob();
      blob(session, "index.json.blob", manifest);
      assertThat(session.call("POST /finish").status()).isEqualTo(200);
      refused(session.call("POST /finish"), "backup already marked as finished.");
      refused(
          session.call("POST /blob?file-name=late.blob&encoded-size=" + manifest.length, manifest),
          "backup already marked as finished.");
      refused(
          session.call("POST /dynamic_index?archive-name=late.didx"),
          "backup already marked as finished.");
    }
    assertThat(listed(node().client(token()), other.group())).hasSize(1);
  }

  @Test
  void unknownCallIsNotFoundAndTheSessionGoesOn() {
    try (SessionProbe session = session(SNAPSHOT)) {
      assertThat(session.call("POST /nonsense"))
          .isEqualTo(new Answer(404, "Path '/nonsense' not found."));
      assertThat(session.call("GET /finish"))
          .isEqualTo(new Answer(404, "Path '/finish' not found."));
      newIndex(session);
      stored(session);
    }
  }

  @Test
  void connectionCutInTheMiddleOfAChunkLeavesNothing() throws IOException {
    RawTls tls = inTheMiddleOfAChunk();
    tls.cut();
    assertThat(endOfTask()).startsWith("connection error: ");
  }

  @Test
  void clientThatLeavesInTheMiddleOfAChunkLeavesNothing() throws IOException {
    RawTls tls = inTheMiddleOfAChunk();
    tls.close();
    assertThat(endOfTask()).isEqualTo("backup ended but finished state is not set.");
  }

  private RawTls inTheMiddleOfAChunk() throws IOException {
    RawTls tls = RawTls.connect(node().address().port());
    String head =
        tls.text("GET " + SessionProbe.target(Namespace.ROOT, SNAPSHOT) + " HTTP/1.1\r\n")
            .text("Host: here\r\nConnection: upgrade\r\n")
            .text("Upgrade: proxmox-backup-protocol-v1\r\n")
            .text("Authorization: " + SessionProbe.authorization(token()) + "\r\n\r\n")
            .send()
            .readHead();
    assertThat(head).startsWith("HTTP/1.1 101 ");
    var unused =
        tls.preface()
            .request(1, "POST", "/dynamic_index?archive-name=root.pxar.didx", true)
            .send()
            .await(RawTls.DATA, 1);
    assertThat(directory.resolve("main").resolve(SNAPSHOT.toString())).isNotEmptyDirectory();
    String call = chunkCall(DIGEST, PLAIN.length, CHUNK.length).substring("POST ".length());
    return tls.request(3, "POST", call, false)
        .frame(RawTls.DATA, 0, 3, Arrays.copyOf(CHUNK, 1000))
        .send();
  }

  private String endOfTask() {
    Await.until("its task has ended", SOON, () -> running(node()).isEmpty());
    JsonNode task = node().admin().get("/nodes/localhost/tasks").path(0);
    assertThat(task.path("worker_type").textValue()).isEqualTo("backup");
    return task.path("status").textValue();
  }

  private static void newIndex(SessionProbe session) {
    assertThat(session.call("POST /dynamic_index?archive-name=root.pxar.didx").status())
        .isEqualTo(200);
  }

  /** The session is as good as before. */
  private static void stored(SessionProbe session) {
    assertThat(session.call(chunkCall(DIGEST, PLAIN.length, CHUNK.length), CHUNK))
        .isEqualTo(new Answer(200, "{\"data\":\"" + DIGEST.hex() + "\"}"));
  }

  private static void blob(SessionProbe session, String name, byte[] blob) {
    assertThat(
            session
                .call("POST /blob?file-name=" + name + "&encoded-size=" + blob.length, blob)
                .status())
        .isEqualTo(200);
  }

  private static void refused(Answer answer, String text) {
    assertThat(answer).isEqualTo(new Answer(400, text));
  }
}
