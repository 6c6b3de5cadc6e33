package dev.holdfast.node.behaviour;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * A node with two datastores, {@code main} and, not declared in its configuration, {@code extra},
 * and a token of their administrator.
 */
final class Site implements AutoCloseable {
  static final long TIME = 1_718_000_000;
  static final String STORE = "/admin/datastore/main";

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final JsonMapper JSON = new JsonMapper();

  final TestNode node;
  final Credential.Token token;
  final Path store;

  Site(StrictVertx strict, Path directory) throws IOException {
    Path extra = TestStores.bare(directory.resolve("extra"));
    Files.writeString(
        Files.createDirectory(directory.resolve("state")).resolve("datastore.cfg"),
        "datastore: extra\n\tpath " + extra + "\n");
    node = TestNode.start(strict, directory);
    store = directory.resolve("main");
    token = node.token("bob", "/datastore", "DatastoreAdmin");
  }

  int port() {
    return node.address().port();
  }

  static SnapshotId snapshot(String id, long time) {
    return GroupId.parse("host/" + id).at(time);
  }

  /** A request with the token's credentials, path below {@code /api2/json}. */
  PlainRequest request(String method, String path) {
    return new PlainRequest(method + " /api2/json" + path)
        .header("Authorization", SessionProbe.authorization(token));
  }

  /** The same, sent; {@code head} is method and path. */
  PlainRequest.Answer ask(String head) throws IOException {
    String[] words = head.split(" ", 2);
    return request(words[0], words[1]).send(port());
  }

  PlainRequest.Answer get(String path) throws IOException {
    return ask("GET " + path);
  }

  static JsonNode data(PlainRequest.Answer answer) throws IOException {
    return JSON.readTree(answer.body()).path("data");
  }

  // ---- sessions ----

  RawSession writer(SnapshotId snapshot) throws IOException {
    return RawSession.open(
        port(),
        SessionProbe.target(Namespace.ROOT, snapshot),
        RawSession.BACKUP,
        SessionProbe.authorization(token));
  }

  RawSession reader(SnapshotId snapshot) throws IOException {
    return RawSession.open(
        port(),
        SessionProbe.readerTarget(Namespace.ROOT, snapshot),
        RawSession.READER,
        SessionProbe.authorization(token));
  }

  /** The answer to an upgrade whose connection ends with it: {@code 400 text}. */
  String refusal(String target, String protocol, Credential.Token who) throws IOException {
    try (RawTls tls = RawTls.connect(port())) {
      PlainRequest.Answer answer =
          RawSession.upgrade(target, protocol, SessionProbe.authorization(who)).on(tls);
      return answer.status() + " " + answer.body();
    }
  }

  String writerRefusal(SnapshotId snapshot, Credential.Token who) throws IOException {
    return refusal(SessionProbe.target(Namespace.ROOT, snapshot), RawSession.BACKUP, who);
  }

  /** A whole backup of {@link SmallUpload#ARCHIVE}. */
  void backUp(SnapshotId snapshot) throws IOException {
    try (RawSession session = writer(snapshot)) {
      RawUpload upload = new RawUpload(session, snapshot);
      upload.okArchive(SmallUpload.ARCHIVE.text(), content(snapshot));
      upload.okFinish();
    }
    awaitIdle();
  }

  /** The only chunk of its archive. */
  static byte[] content(SnapshotId snapshot) {
    return SmallUpload.content(snapshot.time(), 3000);
  }

  /** Until no task runs: everything that sessions held is given back. */
  void awaitIdle() {
    Await.until(
        "no task to run",
        SOON,
        () -> node.admin().get("/nodes/localhost/tasks", Map.of("running", "true")).isEmpty());
  }

  /** Of {@code host/ID}. */
  JsonNode snapshots(String id) {
    return node.client(token).get(STORE + "/snapshots", Map.of("backup-id", id));
  }

  static String query(SnapshotId snapshot) {
    return "?backup-type=host&backup-id="
        + snapshot.group().id()
        + "&backup-time="
        + snapshot.time();
  }

  @Override
  public void close() {
    node.close();
  }
}
