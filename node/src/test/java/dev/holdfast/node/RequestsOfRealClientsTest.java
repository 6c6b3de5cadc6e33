package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: clients that nobody can change are served although they bend HTTP each in its own way.
 * Requests are written by hand as spec/clients.md §1 and spec/protocols.md §1.3 say that they come.
 */
final class RequestsOfRealClientsTest {
  private static final SnapshotId SNAPSHOT = SnapshotId.parse("host/web/2024-06-05T10:00:00Z");
  private static final JsonMapper JSON = new JsonMapper();

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @BeforeEach
  void start() throws IOException {
    started = Optional.of(TestNode.start(strict, directory));
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  private TestNode node() {
    return started.orElseThrow();
  }

  private Credential.Token token() {
    return node().token("laptop", "/datastore", "DatastoreAdmin");
  }

  /** Status and body of the next answer on a connection, {@code 200 text}. */
  private static String ask(RawTls tls, String head, String body) throws IOException {
    String length = body.isEmpty() ? "" : "content-length: " + body.length() + "\r\n";
    String[] answer =
        tls.text(head + "\r\n" + length + "\r\n" + body).send().readHead().split("\r\n", -1);
    int bytes = 0;
    for (String line : answer) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        bytes = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    return answer[0].split(" ", 3)[1] + " " + tls.readText(bytes);
  }

  private static JsonNode data(String answer) throws IOException {
    assertThat(answer).startsWith("200 ");
    return JSON.readTree(answer.substring("200 ".length())).path("data");
  }

  @Test
  void aLoginMayComeAsJsonWithDoubledSlashesAndTheCookieAsPerlWritesIt() throws IOException {
    Credential.Password user = node().user("alice@pbs", "secret of alice");
    node().allow(user.user(), "/datastore", "DatastoreAdmin");
    try (RawTls tls = RawTls.connect(node().address().port())) {
      JsonNode login =
          data(
              ask(
                  tls,
                  "POST //api2/json/access/ticket HTTP/1.1\r\ncontent-type: application/json",
                  "{\"username\":\"alice@pbs\",\"password\":\"secret of alice\"}"));
      String ticket = login.path("ticket").asText();
      String cookie =
          "PBSAuthCookie="
              + URLEncoder.encode(ticket, StandardCharsets.UTF_8)
              + "; path=/; secure; SameSite=Strict;";
      String list = "GET /api2/json/admin/datastore? HTTP/1.1\r\n";
      String perl = "TE: deflate,gzip;q=0.3\r\nConnection: TE\r\nAccept-Encoding: gzip\r\n";
      assertThat(data(ask(tls, list + perl + "Cookie: " + cookie, ""))).hasSize(1);
      assertThat(data(ask(tls, list + "Cookie: PBSAuthCookie=" + ticket, ""))).hasSize(1);
      JsonNode renewed =
          data(
              ask(
                  tls,
                  "POST /api2/json/access/ticket HTTP/1.1\r\n"
                      + "Content-Type: application/x-www-form-urlencoded",
                  "username=alice%40pbs&password="
                      + URLEncoder.encode(ticket, StandardCharsets.UTF_8)));
      assertThat(renewed.path("ticket").asText()).matches("\\S+:[A-Z0-9]{8}::[^:\\s]+");
    }
  }

  @Test
  void anEmptyNamespaceIsTheRootAndAnEmptyGroupIsAMistake() throws IOException {
    String token = "\r\nauthorization: " + SessionProbe.authorization(token()).replace('=', ' ');
    String list = "GET /api2/json/admin/datastore/main/snapshots";
    try (RawTls tls = RawTls.connect(node().address().port())) {
      assertThat(data(ask(tls, list + "?ns= HTTP/1.1" + token, ""))).isEmpty();
      assertThat(ask(tls, list + "?ns=&backup-id= HTTP/1.1" + token, ""))
          .isEqualTo(
              "400 parameter verification failed - 'backup-id': value does not match the regex"
                  + " pattern");
      assertThat(ask(tls, "OPTIONS /api2/json/version HTTP/1.1" + token, ""))
          .isEqualTo("404 Path '/api2/json/version' not found.");
      assertThat(ask(tls, "GET /api2/json/nodes HTTP/1.1" + token, ""))
          .isEqualTo("403 permission check failed");
    }
  }

  @Test
  void aSessionOpensWithoutHostAndConnectionHeadersAndTakesParametersAsJson() throws IOException {
    String token = "\r\nAuthorization: " + SessionProbe.authorization(token());
    String target = SessionProbe.target(Namespace.ROOT, SNAPSHOT);
    try (RawTls tls = RawTls.connect(node().address().port())) {
      assertThat(ask(tls, "GET /" + target + " HTTP/1.1" + token, ""))
          .isEqualTo("400 missing Upgrade header");
      assertThat(ask(tls, "GET /" + target + " HTTP/1.1\r\nUpgrade: nonsense" + token, ""))
          .isEqualTo("400 invalid protocol name");
      // Line and headers in records of their own, as the one client sends them that has no Host.
      tls.text("GET /" + target + "&ns= HTTP/1.1\r\n").send();
      tls.text("Upgrade: proxmox-backup-protocol-v1" + token + "\r\n\r\n").send();
      assertThat(tls.readHead()).startsWith("HTTP/1.1 101 ");
      byte[] json = "{\"archive-name\":\"root.pxar.didx\"}".getBytes(StandardCharsets.UTF_8);
      tls.preface()
          .request(
              1,
              new DefaultHttp2Headers()
                  .method("POST")
                  .scheme("https")
                  .authority("somewhere.else:8007")
                  .path("/dynamic_index")
                  .add("content-type", "application/json; charset=UTF-8"),
              false)
          .frame(RawTls.DATA, RawTls.END_STREAM, 1, json)
          .send();
      assertThat(new String(tls.await(RawTls.DATA, 1).payload(), StandardCharsets.UTF_8))
          .isEqualTo("{\"data\":1}");
    }
  }

  @Test
  void aSessionListsWhatItOffers() throws IOException {
    try (SessionProbe session =
        SessionProbe.backup(strict.vertx(), node(), token(), Namespace.ROOT, SNAPSHOT)) {
      SessionProbe.Answer answer = session.call("GET /");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(JSON.readTree(answer.text()).path("data").findValuesAsText("subdir"))
          .startsWith("blob", "dynamic_chunk")
          .contains("finish", "fixed_index", "previous_backup_time", "speedtest")
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void anArchiveThatTheLastBackupLacksIsNamedByItsPathInTheStore() throws IOException {
    Credential.Token token = token();
    SmallUpload.run(node().client(token), TestNode.STORE, Namespace.ROOT, SNAPSHOT, 1);
    SnapshotId next = SNAPSHOT.group().at(SNAPSHOT.time() + 1);
    try (SessionProbe session =
        SessionProbe.backup(strict.vertx(), node(), token, Namespace.ROOT, next)) {
      assertThat(session.call("GET /previous?archive-name=other.pxar.didx"))
          .isEqualTo(
              new SessionProbe.Answer(
                  400,
                  "Unable to open dynamic index \""
                      + SNAPSHOT
                      + "/other.pxar.didx\" - No such file or directory (os error 2)"));
    }
  }
}
