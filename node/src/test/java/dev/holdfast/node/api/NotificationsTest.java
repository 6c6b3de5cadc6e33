package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who administers a node says over REST who is told of what, tries it, and never reads a
 * secret back.
 */
final class NotificationsTest {
  private static final String BASE = "/config/notifications";
  private static final int ANSWER_SECONDS_MAX = 30;

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
  private TestNode node;
  private HttpServer http;

  @BeforeEach
  void start() throws IOException {
    node = TestNode.start(strict, directory);
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
  }

  @AfterEach
  void stop() {
    http.stop(0);
    node.close();
  }

  private RemoteNode admin() {
    return node.admin();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private void gotify() {
    var unused =
        admin()
            .post(
                BASE + "/endpoints/gotify",
                object()
                    .put("name", "phone")
                    .put("server", "http://127.0.0.1:" + http.getAddress().getPort())
                    .put("token", "app-token"));
  }

  @Test
  void whatIsBuiltInIsThere() {
    assertThat(admin().get(BASE + "/targets").path(0).path("name").asText())
        .isEqualTo("mail-to-root");
    JsonNode matcher = admin().get(BASE + "/matchers").path(0);
    assertThat(matcher.path("origin").asText()).isEqualTo("builtin");
    assertThat(matcher.path("invert-match").asBoolean()).isTrue();
    assertThat(matcher.path("match-field").path(0).asText()).isEqualTo("exact:type=prune");
  }

  @Test
  void targetIsTriedAndItsTokenNeverShown() throws InterruptedException {
    gotify();
    var unused = admin().post(BASE + "/targets/phone/test", object());
    assertThat(received.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)).contains("test notification");
    assertThat(admin().get(BASE + "/endpoints/gotify/phone").toString())
        .contains("\"origin\":\"user-created\"")
        .doesNotContain("app-token");
    assertThat(admin().get(BASE + "/endpoints/gotify").toString()).doesNotContain("app-token");
  }

  @Test
  void changeWithoutATokenKeepsIt() throws InterruptedException {
    gotify();
    var unused =
        admin().put(BASE + "/endpoints/gotify/phone", object().put("comment", "of the night"));
    unused = admin().post(BASE + "/targets/phone/test", object());
    assertThat(received.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)).isNotNull();
    assertThat(admin().get(BASE + "/endpoints/gotify/phone").path("comment").asText())
        .isEqualTo("of the night");
  }

  @Test
  void webhookShowsTheNamesOfItsSecrets() {
    ObjectNode webhook =
        object().put("name", "chat").put("method", "post").put("url", "http://127.0.0.1:9/");
    webhook.putArray("secret").add("name=key,value=czNjcmV0");
    var unused = admin().post(BASE + "/endpoints/webhook", webhook);
    JsonNode shown = admin().get(BASE + "/endpoints/webhook/chat");
    assertThat(shown.path("secret").path(0).asText()).isEqualTo("name=key");
    assertThat(shown.toString()).doesNotContain("czNjcmV0");
  }

  @Test
  void jobThatRunsReachesWhoAskedForIt() throws InterruptedException {
    gotify();
    ObjectNode matcher = object().put("name", "prunes");
    matcher.putArray("match-field").add("exact:type=prune");
    matcher.putArray("target").add("phone");
    var unused = admin().post(BASE + "/matchers", matcher);
    unused =
        admin()
            .post(
                "/config/prune",
                object()
                    .put("id", "nightly")
                    .put("store", "main")
                    .put("schedule", "daily")
                    .put("keep-last", 1));
    unused = admin().post("/admin/prune/nightly/run", object());
    assertThat(received.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS))
        .contains("prune job 'nightly' ended well");
  }

  @Test
  void entriesAreRemovedAndThoseInUseStay() {
    gotify();
    ObjectNode matcher = object().put("name", "all");
    matcher.putArray("target").add("phone");
    var unused = admin().post(BASE + "/matchers", matcher);
    assertThatThrownBy(() -> admin().delete(BASE + "/endpoints/gotify/phone", Map.of()))
        .hasMessageContaining("referenced by: all");
    unused = admin().delete(BASE + "/matchers/all", Map.of());
    unused = admin().delete(BASE + "/endpoints/gotify/phone", Map.of());
    assertThatThrownBy(() -> admin().get(BASE + "/endpoints/gotify/phone"))
        .hasMessageContaining("does not exist");
  }

  @Test
  void onlyWhoAdministersTheNodeSeesOrChangesThem() {
    RemoteNode user = node.client(node.token("user", "/datastore/main", "DatastoreAdmin"));
    assertThatThrownBy(() -> user.get(BASE + "/targets")).hasMessageContaining("permission");
    assertThatThrownBy(() -> user.post(BASE + "/targets/mail-to-root/test", object()))
        .hasMessageContaining("permission");
  }
}
