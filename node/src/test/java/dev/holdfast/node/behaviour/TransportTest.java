package dev.holdfast.node.behaviour;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.PlainRequest;
import dev.holdfast.node.testing.RawSession;
import dev.holdfast.node.testing.RawUpload;
import dev.holdfast.node.testing.SessionProbe;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.StreamAnswers;
import dev.holdfast.replication.testing.RawTls;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: every client gets as far as its first answer, however it words and cuts its bytes. */
final class TransportTest {
  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int INITIAL_WINDOW_SIZE = 4;
  private static final int MAX_FRAME_SIZE = 5;

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Site site;

  TransportTest(@TempDir Path directory) throws IOException {
    site = new Site(VERTX, directory);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  private PlainRequest writer(SnapshotId snapshot) {
    return RawSession.upgrade(
        SessionProbe.target(Namespace.ROOT, snapshot),
        RawSession.BACKUP,
        SessionProbe.authorization(site.token));
  }

  @Test
  @Behaviour(1)
  void noAlpnIsNeededAndFingerprintsAreInLowerCase() throws IOException {
    try (RawTls tls = RawTls.connect(site.port())) {
      assertThat(((SSLSocket) tls.socket()).getApplicationProtocol()).isEmpty();
      assertThat(site.request("GET", "/version").on(tls).status()).isEqualTo(200);
    }
    assertThat(
            site.node
                .admin()
                .get("/nodes/localhost/certificates/info")
                .path(0)
                .path("fingerprint")
                .textValue())
        .matches("([0-9a-f]{2}:){31}[0-9a-f]{2}")
        .isEqualTo(site.node.fingerprint().toString());
  }

  @Test
  @Behaviour(2)
  void plainHttpIsSentToHttps() throws IOException {
    assertThat(plain("GET /some/where?a=b HTTP/1.1\r\nhost: backup.example:8007\r\n\r\n"))
        .startsWith("HTTP/1.1 301 Moved Permanently\r\n")
        .contains("\r\nLocation: https://backup.example:8007\r\n");
    assertThat(plain("HEAD / HTTP/1.1\r\nHost: [fd00::1]\r\n\r\n"))
        .startsWith("HTTP/1.1 301 ")
        .contains("\r\nLocation: https://[fd00::1]\r\n");
    assertThat(plain("POST /api2/json/access/ticket HTTP/1.1\r\nHost: a\r\n\r\n"))
        .startsWith("HTTP/1.1 308 Permanent Redirect\r\n")
        .contains("\r\nLocation: https://a\r\n");
    assertThat(plain("GET / HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 400 Bad Request\r\n");
    assertThat(plain("GET / HTTP/1.1\r\nHost: a/b\"<\r\n\r\n")).startsWith("HTTP/1.1 400 ");
  }

  private String plain(String request) throws IOException {
    try (RawTls plain = new RawTls(new Socket(InetAddress.getLoopbackAddress(), site.port()))) {
      String head = plain.text(request).send().readHead();
      plain.awaitEnd();
      return head;
    }
  }

  @Test
  @Behaviour(3)
  void doubledSlashesAreOne() throws IOException {
    SnapshotId snapshot = Site.snapshot("slashes", Site.TIME);
    site.backUp(snapshot);
    String target = "/" + SessionProbe.readerTarget(Namespace.ROOT, snapshot);
    RawSession.open(site.port(), target, RawSession.READER, SessionProbe.authorization(site.token))
        .close();
    assertThat(new PlainRequest("GET //api2//json/ping").send(site.port()).status()).isEqualTo(200);
  }

  @Test
  @Behaviour(4)
  void hostIsNotNeededAndConnectionMayBeInAnyCase() throws IOException {
    for (String connection : List.of("Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade")) {
      PlainRequest request =
          new PlainRequest(
                  "GET " + SessionProbe.target(Namespace.ROOT, Site.snapshot("host", Site.TIME)))
              .withoutHost()
              .header("Connection", connection)
              .header("upgrade", RawSession.BACKUP)
              .header("AUTHORIZATION", SessionProbe.authorization(site.token));
      try (RawTls tls = RawTls.connect(site.port())) {
        assertThat(request.on(tls).status()).as(connection).isEqualTo(101);
      }
      site.awaitIdle();
    }
  }

  @Test
  @Behaviour(5)
  void noByteIsLostBehindTheRequestForAnUpgrade() throws IOException {
    try (RawTls tls = RawTls.connect(site.port())) {
      var unused =
          writer(Site.snapshot("preface", Site.TIME))
              .write(tls)
              .preface()
              .request(1, "GET", "/previous_backup_time", true)
              .send();
      PlainRequest.Answer answer = PlainRequest.read(tls);
      assertThat(answer.status()).isEqualTo(101);
      assertThat(answer.headers())
          .containsEntry("upgrade", RawSession.BACKUP)
          .containsEntry("connection", "upgrade");
      assertThat(new StreamAnswers(tls).await(1).text()).isEqualTo("{\"data\":null}");
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(5)
  void anUpgradeMayFollowOtherRequestsAndARefusedOneToo() throws IOException {
    try (RawTls tls = RawTls.connect(site.port())) {
      assertThat(site.request("GET", "/version").on(tls).status()).isEqualTo(200);
      Namespace absent = Namespace.parse("absent");
      SnapshotId snapshot = Site.snapshot("later", Site.TIME);
      PlainRequest refused =
          RawSession.upgrade(
              SessionProbe.target(absent, snapshot),
              RawSession.BACKUP,
              SessionProbe.authorization(site.token));
      assertThat(refused.on(tls).status()).isEqualTo(404);
      assertThat(site.request("GET", "/version").on(tls).status()).isEqualTo(200);
      assertThat(writer(snapshot).on(tls).status()).isEqualTo(101);
      assertThat(RawSession.on(tls).call("GET /previous_backup_time").text())
          .isEqualTo("{\"data\":null}");
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(48)
  void requestsMayLackWhatLibrariesAdd() throws IOException {
    assertThat(site.get("/version?").status()).isEqualTo(200);
    SnapshotId snapshot = Site.snapshot("bare", Site.TIME);
    site.backUp(snapshot);
    String form = "application/x-www-form-urlencoded";
    PlainRequest.Answer put =
        site.request("PUT", Site.STORE + "/notes" + Site.query(snapshot) + "&notes=seen")
            .header("Content-Type", form)
            .send(site.port());
    assertThat(put.body()).isEqualTo("{\"data\":null}");
    assertThat(Site.data(site.get(Site.STORE + "/notes" + Site.query(snapshot))).textValue())
        .isEqualTo("seen");
    PlainRequest.Answer post =
        site.request("POST", Site.STORE + "/namespace?name=no-length")
            .header("Content-Type", form)
            .send(site.port());
    assertThat(Site.data(post).textValue()).isEqualTo("no-length");
  }

  @Test
  @Behaviour(49)
  void threeHundredRequestsAreAnsweredAsManyAtATimeAsAreAnnounced() throws IOException {
    SnapshotId snapshot = Site.snapshot("many", Site.TIME);
    site.backUp(snapshot);
    try (RawSession session = site.reader(snapshot)) {
      long atOnce = session.settings().getOrDefault(MAX_CONCURRENT_STREAMS, 300L);
      assertThat(atOnce).isGreaterThanOrEqualTo(20); // what pulls have under way
      Deque<Integer> asked = new ArrayDeque<>();
      for (int i = 0; i < 300; i++) {
        if (asked.size() == atOnce) {
          assertThat(session.await(asked.remove()).status()).isEqualTo("200");
        }
        asked.add(session.send("GET /download?file-name=index.json.blob", null, new byte[0]));
      }
      for (int stream : asked) {
        assertThat(session.await(stream).status()).isEqualTo("200");
      }
    }
    site.awaitIdle();
  }

  @Test
  @Behaviour(49)
  void chunksComeInSmallFramesAndInTheLargestAnnounced() throws IOException {
    SnapshotId snapshot = Site.snapshot("frames", Site.TIME);
    try (RawSession session = site.writer(snapshot)) {
      int frameBytes = session.settings().getOrDefault(MAX_FRAME_SIZE, 0L).intValue();
      assertThat(frameBytes).isGreaterThanOrEqualTo(16 << 10);
      // Smaller than a chunk: the rest has to wait until there is room for it.
      assertThat(session.settings().get(INITIAL_WINDOW_SIZE)).isLessThan(4 << 20);
      RawUpload upload = new RawUpload(session, snapshot);
      int wid = upload.okDynamicIndex("root.pxar.didx");
      for (int bytes : new int[] {16 << 10, frameBytes}) {
        byte[] plain = SmallUpload.content(bytes, 4 << 20);
        byte[] encoded = RawUpload.encoded(plain);
        Digest digest = Digest.sha256(plain);
        String call = RawUpload.chunkCall("dynamic", wid, digest, plain.length, encoded.length);
        assertThat(session.await(session.send(call, null, encoded, bytes)).text())
            .isEqualTo("{\"data\":\"" + digest + "\"}");
      }
    }
    site.awaitIdle();
  }
}
