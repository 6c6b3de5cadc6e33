package dev.holdfast.node.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: whoever finds that a backup cannot be restored, people learn of it; and a datastore's
 * own word on who is told of its jobs counts.
 */
final class StoreNotificationsTest {
  private static final DatastoreName EXTRA = new DatastoreName("extra");
  private static final String CONFIG = "/config/datastore/extra";
  private static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(30);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private final Path store;
  private final HttpServer http;
  private final TestNode node;

  StoreNotificationsTest(@TempDir Path directory) throws IOException {
    store = TestStores.bare(directory.resolve("extra"));
    Path state = Files.createDirectory(directory.resolve("state"));
    Files.writeString(state.resolve("datastore.cfg"), "datastore: extra\n\tpath " + store + "\n");
    node = TestNode.start(VERTX, directory);
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.createContext(
        "/",
        exchange -> {
          received.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    http.start();
    post(
        "/config/notifications/endpoints/gotify",
        object()
            .put("name", "phone")
            .put("server", "http://127.0.0.1:" + http.getAddress().getPort())
            .put("token", "app-token"));
    ObjectNode matcher = object().put("name", "everything");
    matcher.putArray("target").add("phone");
    post("/config/notifications/matchers", matcher);
  }

  @AfterEach
  void stop() {
    node.close();
    http.stop(0);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private String post(String path, ObjectNode body) {
    return node.admin().post(path, body).asText();
  }

  private String next() throws InterruptedException {
    String text = received.poll(ANSWER_TIME_MAX.toSeconds(), TimeUnit.SECONDS);
    assertThat(text).as("a notification within %s", ANSWER_TIME_MAX).isNotNull();
    return String.valueOf(text);
  }

  private void collect() {
    String task = post("/admin/datastore/extra/gc", object());
    assertThat(new TaskRuns(node.admin()).ended(task)).isEqualTo("OK");
  }

  @Test
  void damageIsToldByItselfWhoeverAskedForTheVerification() throws Exception {
    SmallUpload.run(
        node.admin(), EXTRA, Namespace.ROOT, GroupId.parse("host/web").at(1_718_000_000), 1);
    try (Stream<Path> files = Files.walk(store.resolve(".chunks"))) {
      Files.write(files.filter(Files::isRegularFile).findFirst().orElseThrow(), new byte[100]);
    }
    String task = post("/admin/datastore/extra/verify", object());
    assertThat(new TaskRuns(node.admin()).ended(task)).contains("verification failed");
    assertThat(next())
        .contains("datastore 'extra' has damaged backups", "host/web/2024-06-10T06:13:20Z", task);
  }

  @Test
  void storeThatWantsMailsOnlyTellsNobodyElseOfItsJobs() throws InterruptedException {
    var unused =
        node.admin()
            .put(
                CONFIG,
                object().put("notification-mode", "legacy-sendmail").put("notify", "gc=never"));
    collect();
    unused = node.admin().put(CONFIG, object().put("notification-mode", "notification-system"));
    collect();
    assertThat(next()).contains("gc job 'extra' ended well");
    node.close(); // waits for what is under way
    assertThat(received).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gc=sometimes", "backup=always", "always", "gc=never,gc=always"})
  void wordOnWhoIsToldThatMeansNothingIsRefused(String notify) {
    assertThatThrownBy(() -> node.admin().put(CONFIG, object().put("notify", notify))).isNotNull();
    assertThat(node.admin().get(CONFIG).has("notify")).isFalse();
  }
}
