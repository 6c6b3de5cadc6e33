package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: verify jobs are made, kept and run as with a real server, and one that finds damage
 * says so.
 */
final class VerifyJobsTest {
  private static final Duration TASK_TIME_MAX = Duration.ofSeconds(60);
  private static final GroupId WEB = GroupId.parse("host/web");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode node;

  @BeforeEach
  void start() throws IOException {
    Path store = TestStores.bare(directory.resolve("main"));
    node =
        TestNode.configured(
            strict,
            directory,
            "site: lyon",
            "datastores:",
            "  main: { path: "
                + store
                + ", verify: { schedule: \"sun 03:00\", reverify-after: 30d } }");
    RemoteNode client = node.client(node.token("alice", "/datastore/main", "DatastorePowerUser"));
    SmallUpload.run(client, TestNode.STORE, Namespace.ROOT, WEB.at(1_717_581_600), 1);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private String run(String id) {
    String upid = node.admin().post("/admin/verify/" + id + "/run", object()).asText();
    String path = "/nodes/localhost/tasks/" + URLEncoder.encode(upid, StandardCharsets.UTF_8) + "/";
    Await.until(
        "the task to end",
        TASK_TIME_MAX,
        () -> node.admin().get(path + "status").path("status").asText().equals("stopped"));
    return String.join(
        "\n", node.admin().get(path + "log", Map.of("limit", "0")).findValuesAsText("t"));
  }

  @Test
  void jobIsKeptAsARealServerKeepsIt() throws IOException {
    var unused =
        node.admin()
            .post(
                "/config/verify",
                object()
                    .put("id", "weekly")
                    .put("store", "main")
                    .put("schedule", "sat 18:15")
                    .put("outdated-after", 30)
                    .put("ignore-verified", false));
    assertThat(Files.readString(node.state().resolve("verification.cfg")))
        .isEqualTo(
            "verification: weekly\n\tignore-verified false\n\toutdated-after 30\n"
                + "\tschedule sat 18:15\n\tstore main\n");
    JsonNode shown = node.admin().get("/config/verify/weekly");
    assertThat(shown.path("ignore-verified").isBoolean()).isTrue();
    assertThat(shown.path("outdated-after").asInt()).isEqualTo(30);
    assertThatThrownBy(() -> node.admin().get("/config/verify/none"))
        .hasMessageContaining("no such verification 'none'");
  }

  @Test
  void jobOfTheConfigurationIsListedAndRuns() {
    JsonNode listed = node.admin().get("/admin/verify").path(0);
    assertThat(listed.path("id").asText()).isEqualTo("mesh-main");
    assertThat(listed.path("outdated-after").asInt()).isEqualTo(30);
    assertThat(run("mesh-main")).contains("TASK OK");
    JsonNode snapshot = node.admin().get("/admin/datastore/main/snapshots").path(0);
    assertThat(snapshot.path("verification").path("state").asText()).isEqualTo("ok");
    JsonNode after = node.admin().get("/admin/verify").path(0);
    assertThat(after.path("last-run-state").asText()).isEqualTo("OK");
    assertThat(after.path("last-run-upid").asText())
        .contains(":verificationjob:main\\x3amesh\\x2dmain:");
    assertThatThrownBy(() -> node.admin().delete("/config/verify/mesh-main", Map.of()))
        .hasMessageContaining("is declared in mesh.yaml");
  }

  @Test
  void damagedChunkFailsTheJob() throws IOException {
    Path chunks = directory.resolve("main/.chunks");
    List<Path> files;
    try (Stream<Path> all = Files.walk(chunks)) {
      files = all.filter(Files::isRegularFile).toList();
    }
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1] ^= 1;
      Files.write(file, bytes);
    }
    assertThat(run("mesh-main")).contains("TASK ERROR: verification failed");
    assertThat(node.admin().get("/admin/verify").path(0).path("last-run-state").asText())
        .startsWith("verification failed");
  }

  @Test
  void whoMayNotVerifyChangesAndRunsNothing() {
    RemoteNode user = node.client(node.token("user", "/datastore/main", "DatastoreBackup"));
    assertThat(user.get("/config/verify")).isEmpty();
    assertThatThrownBy(() -> user.post("/admin/verify/mesh-main/run", object()))
        .hasMessageContaining("permission check failed");
    assertThatThrownBy(
            () -> user.post("/config/verify", object().put("id", "more").put("store", "main")))
        .hasMessageContaining("permission check failed");
  }
}
