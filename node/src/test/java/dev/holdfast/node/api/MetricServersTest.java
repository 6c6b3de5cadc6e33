package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.metrics.MetricPush;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At stake: figures arrive at the server that was named, in its words, and the token that lets them
 * in is seen by nobody else.
 */
final class MetricServersTest {
  private static final String HTTP = "/config/metrics/influxdb-http";
  private static final String UDP = "/config/metrics/influxdb-udp";
  private static final String LINE = "[a-z_]+,host=(?:\\\\.|[^ \\\\])+ [^ ]+ [0-9]{19}";
  private static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(40);

  /** What the server was asked: method, path with query, authorization, body. */
  private record Request(String line, String authorization, String body) {}

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final BlockingQueue<Request> received = new LinkedBlockingQueue<>();
  private final Path directory;
  private final HttpServer influx;
  private TestNode node;
  private volatile int status = 204;

  MetricServersTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    influx = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    influx.createContext(
        "/",
        exchange -> {
          received.add(
              new Request(
                  exchange.getRequestMethod() + " " + exchange.getRequestURI(),
                  String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    influx.start();
    Path state = Files.createDirectory(directory.resolve("state"));
    Files.writeString(
        state.resolve("datastore.cfg"),
        "datastore: extra\n\tpath " + TestStores.bare(directory.resolve("extra")) + "\n");
    node = TestNode.start(VERTX, directory);
  }

  @AfterEach
  void stop() {
    influx.stop(0);
    node.close();
  }

  /** A node sends its figures when it starts, and then after {@link MetricPush#INTERVAL}. */
  private void sendNow() throws IOException {
    node.close();
    received.clear();
    node = TestNode.start(VERTX, directory);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private String url() {
    return "http://127.0.0.1:" + influx.getAddress().getPort();
  }

  private void create() {
    var unused =
        node.admin()
            .post(
                HTTP,
                object()
                    .put("name", "graphs")
                    .put("url", url() + "/")
                    .put("token", "let me in")
                    .put("bucket", "of lyon"));
  }

  private Request next() throws InterruptedException {
    Request request = received.poll(ANSWER_TIME_MAX.toSeconds(), TimeUnit.SECONDS);
    assertThat(request).as("a request within %s", ANSWER_TIME_MAX).isNotNull();
    return request == null ? new Request("", "", "") : request;
  }

  @Test
  void serverIsAskedWhetherItIsThereAndGetsTheFiguresInItsWords()
      throws InterruptedException, IOException {
    create();
    assertThat(next().line()).isEqualTo("GET /health");
    sendNow();
    Request figures = next();
    assertThat(figures.line())
        .isEqualTo("POST /api/v2/write?org=proxmox&bucket=of+lyon&precision=ns");
    assertThat(figures.authorization()).isEqualTo("Token let me in");
    assertThat(figures.body().lines())
        .allMatch(line -> line.matches(LINE))
        .anyMatch(line -> line.startsWith("holdfast_tasks_running,host="))
        .anyMatch(line -> line.matches("holdfast_datastore_total_bytes,.*datastore=extra .*"))
        .anyMatch(line -> line.matches("memory,host=.*,object=host memtotal=.*"))
        .anyMatch(line -> line.matches("blockstat,host=.*,datastore=extra,object=host .*"));
  }

  @Test
  void tokenIsNeverShownAndStaysWhenSomethingElseChanges()
      throws InterruptedException, IOException {
    create();
    var unused = node.admin().put(HTTP + "/graphs", object().put("comment", "of the cellar"));
    assertThat(node.admin().get(HTTP + "/graphs").toString())
        .contains("of the cellar")
        .doesNotContain("let me in");
    assertThat(node.admin().get(HTTP).toString()).doesNotContain("let me in");
    assertThat(node.admin().get("/admin/metrics").toString())
        .contains("\"type\":\"influxdb-http\"", "\"enable\":true", url())
        .doesNotContain("let me in");
    sendNow();
    Request later = next();
    assertThat(later.authorization()).isEqualTo("Token let me in");
  }

  @Test
  void serverThatIsNotThereIsNotWrittenDownUnlessItIsOff() {
    status = 503;
    assertThatThrownBy(this::create)
        .hasMessageContaining("metric server 'graphs' answered with status 503");
    influx.stop(0);
    assertThatThrownBy(this::create)
        .hasMessageContaining("metric server 'graphs' cannot be reached")
        .hasMessageNotContaining("let me in");
    assertThat(node.admin().get("/admin/metrics")).isEmpty();
    var unused =
        node.admin()
            .post(HTTP, object().put("name", "graphs").put("url", url()).put("enable", false));
    assertThat(node.admin().get("/admin/metrics").path(0).path("enable").asBoolean()).isFalse();
  }

  @Test
  void datagramsAreNoLongerThanTheyMayBe() throws IOException {
    try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      socket.setSoTimeout((int) ANSWER_TIME_MAX.toMillis());
      var unused =
          node.admin()
              .post(
                  UDP,
                  object()
                      .put("name", "graphs")
                      .put("host", "127.0.0.1:" + socket.getLocalPort())
                      .put("mtu", 600));
      sendNow();
      DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
      socket.receive(packet);
      String text = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
      assertThat(packet.getLength()).isLessThanOrEqualTo(600);
      assertThat(text.lines()).allMatch(line -> line.matches(LINE));
    }
  }

  @Test
  void nameIsOneServersWhateverItsTypeAndIsFreeAgainAfterIt() {
    create();
    assertThatThrownBy(
            () -> node.admin().post(UDP, object().put("name", "graphs").put("host", "127.0.0.1:1")))
        .hasMessageContaining("metric server 'graphs' already exists.");
    assertThatThrownBy(() -> node.admin().get(UDP + "/graphs"))
        .hasMessageContaining("no such influxdb-udp 'graphs'");
    assertThatThrownBy(() -> node.admin().delete(UDP + "/graphs", Map.of()))
        .hasMessageContaining("does not exist");
    var unused = node.admin().delete(HTTP + "/graphs", Map.of());
    assertThat(node.admin().get("/admin/metrics")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "influxdb-http, url, ftp://influx",
    "influxdb-http, url, https://",
    "influxdb-http, url, http://a b",
    "influxdb-udp, host, influx",
    "influxdb-udp, host, influx:port",
    "influxdb-udp, host, influx:99999",
  })
  void placeThatIsNoneIsRefused(String type, String key, String value) {
    assertThatThrownBy(
            () ->
                node.admin()
                    .post(
                        "/config/metrics/" + type,
                        object().put("name", "graphs").put(key, value).put("enable", false)))
        .isNotNull();
    assertThat(node.admin().get("/admin/metrics")).isEmpty();
  }

  @Test
  void whoMayNotChangeTheNodeSeesNoServer() {
    create();
    var somebody = node.client(node.user("somebody@pbs", "some password"));
    assertThatThrownBy(() -> somebody.get("/admin/metrics"))
        .hasMessageContaining("permission check failed");
    assertThatThrownBy(() -> somebody.get(HTTP + "/graphs"))
        .hasMessageContaining("permission check failed");
  }
}
