package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
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
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: prune jobs are made, kept and run as with a real server, remove what their rules say
 * and nothing else, and those of mesh.yaml are the operator's.
 */
final class PruneJobsTest {
  private static final Duration TASK_TIME_MAX = Duration.ofSeconds(60);
  private static final GroupId WEB = GroupId.parse("host/web");
  private static final Namespace LAB = Namespace.parse("lab");
  private static final long HOUR = 3600;

  /** 2024-06-05T10:00:00Z. */
  private static final long FIRST = 1_717_581_600;

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  /** With jobs of mesh.yaml, if any. */
  private TestNode start(String prune) throws IOException {
    Path store = directory.resolve("main");
    if (!Files.exists(store)) {
      store = TestStores.bare(store);
    }
    TestNode node =
        TestNode.configured(
            strict,
            directory,
            "site: lyon",
            "datastores:",
            "  main: { path: " + store + prune + " }");
    started = Optional.of(node);
    return node;
  }

  private TestNode start() throws IOException {
    return start("");
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static ObjectNode job(String id) {
    return object().put("id", id).put("store", "main").put("schedule", "sat 18:15");
  }

  /** Three snapshots of one group, an hour apart. */
  private static void backUp(TestNode node, Namespace namespace) {
    if (!namespace.isRoot()) {
      var unused =
          node.admin()
              .post("/admin/datastore/main/namespace", object().put("name", namespace.toString()));
    }
    String user = "of-" + (namespace.isRoot() ? "root" : namespace.toString());
    RemoteNode client = node.client(node.token(user, "/datastore/main", "DatastoreAdmin"));
    for (int hour = 0; hour < 3; hour++) {
      SmallUpload.run(client, TestNode.STORE, namespace, WEB.at(FIRST + hour * HOUR), hour);
    }
  }

  private static List<Long> times(TestNode node, Namespace namespace) {
    return node
        .admin()
        .get("/admin/datastore/main/snapshots", Map.of("ns", namespace.toString()))
        .findValues("backup-time")
        .stream()
        .map(JsonNode::asLong)
        .sorted()
        .toList();
  }

  private static String log(TestNode node, String upid) {
    String path = "/nodes/localhost/tasks/" + URLEncoder.encode(upid, StandardCharsets.UTF_8) + "/";
    Await.until(
        "the task to end",
        TASK_TIME_MAX,
        () -> node.admin().get(path + "status").path("status").asText().equals("stopped"));
    return String.join(
        "\n", node.admin().get(path + "log", Map.of("limit", "0")).findValuesAsText("t"));
  }

  private static String run(TestNode node, String id) {
    return log(node, node.admin().post("/admin/prune/" + id + "/run", object()).asText());
  }

  @Test
  void jobIsKeptAsARealServerKeepsIt() throws IOException {
    TestNode node = start();
    var unused =
        node.admin()
            .post(
                "/config/prune",
                job("nightly").put("ns", "lab").put("keep-daily", 7).put("comment", "of the lab"));
    assertThat(Files.readString(node.state().resolve("prune.cfg")))
        .isEqualTo(
            "prune: nightly\n\tcomment of the lab\n\tkeep-daily 7\n\tns lab\n\tschedule sat 18:15\n"
                + "\tstore main\n");
    assertThat(node.state().resolve("jobstates/prunejob-nightly.json")).exists();
    JsonNode shown = node.admin().get("/config/prune/nightly");
    assertThat(shown.path("keep-daily").isIntegralNumber()).isTrue();
    assertThat(node.admin().get("/config/prune").findValuesAsText("id")).containsExactly("nightly");
    assertThat(node.admin().get("/admin/prune").path(0).path("next-run").asLong()).isPositive();
    assertThat(node.admin().get("/admin/prune", Map.of("store", "other"))).isEmpty();
  }

  @Test
  void jobIsChangedDisabledAndRemoved() throws IOException {
    TestNode node = start();
    var unused = node.admin().post("/config/prune", job("nightly").put("keep-daily", 7));
    ObjectNode change = object().put("keep-last", 2).put("disable", true);
    change.putArray("delete").add("keep-daily");
    unused = node.admin().put("/config/prune/nightly", change);
    JsonNode shown = node.admin().get("/config/prune/nightly");
    assertThat(shown.has("keep-daily")).isFalse();
    assertThat(shown.path("keep-last").asInt()).isEqualTo(2);
    assertThat(shown.path("disable").asBoolean()).isTrue();
    assertThat(node.admin().get("/admin/prune").path(0).has("next-run")).isFalse();

    unused = node.admin().delete("/config/prune/nightly", Map.of());
    assertThat(node.admin().get("/config/prune")).isEmpty();
    assertThat(node.state().resolve("jobstates/prunejob-nightly.json")).doesNotExist();
    assertThatThrownBy(() -> node.admin().get("/config/prune/nightly"))
        .hasMessageContaining("no such prune 'nightly'");
    assertThatThrownBy(() -> node.admin().delete("/config/prune/nightly", Map.of()))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
  }

  @Test
  void whatCannotBeIsRefusedBeforeItIsWritten() throws IOException {
    TestNode node = start();
    assertThatThrownBy(
            () -> node.admin().post("/config/prune", job("bad").put("schedule", "5:0/61")))
        .hasMessageContaining("unable to parse calendar event");
    assertThatThrownBy(
            () ->
                node.admin()
                    .post("/config/prune", job("bad").put("ns", "a/b/c").put("max-depth", 5)))
        .hasMessageContaining("exceed limit: 3 + 5 > 7");
    ObjectNode withoutSchedule = object().put("id", "bad").put("store", "main");
    assertThatThrownBy(() -> node.admin().post("/config/prune", withoutSchedule))
        .hasMessageContaining("schedule");
    var unused = node.admin().post("/config/prune", job("twice"));
    assertThatThrownBy(() -> node.admin().post("/config/prune", job("twice")))
        .hasMessageContaining("job 'twice' already exists.");
    assertThat(node.admin().get("/config/prune").findValuesAsText("id")).containsExactly("twice");
  }

  @Test
  void runRemovesWhatItsRulesSayBelowItsNamespaceOnly() throws IOException {
    TestNode node = start();
    backUp(node, Namespace.ROOT);
    backUp(node, LAB);
    var unused =
        node.admin().post("/config/prune", job("lab").put("ns", "lab").put("keep-last", 1));
    assertThat(run(node, "lab"))
        .contains(
            "Starting datastore prune on main:lab, down to full depth",
            "retention options: --keep-last 1",
            "Pruning group lab:\"host/web\"",
            "remove host/web/2024-06-05T10:00:00Z",
            "keep host/web/2024-06-05T12:00:00Z",
            "TASK OK");
    assertThat(times(node, LAB)).containsExactly(FIRST + 2 * HOUR);
    assertThat(times(node, Namespace.ROOT)).hasSize(3);
    JsonNode listed = node.admin().get("/admin/prune").path(0);
    assertThat(listed.path("last-run-state").asText()).isEqualTo("OK");
    assertThat(listed.path("last-run-upid").asText()).contains(":prunejob:main\\x3alab:");
  }

  @Test
  void jobWithoutDepthStaysInItsNamespace() throws IOException {
    TestNode node = start();
    backUp(node, Namespace.ROOT);
    backUp(node, LAB);
    var unused =
        node.admin().post("/config/prune", job("top").put("max-depth", 0).put("keep-last", 1));
    assertThat(run(node, "top")).contains("Starting datastore prune on main, non-recursive");
    assertThat(times(node, Namespace.ROOT)).hasSize(1);
    assertThat(times(node, LAB)).hasSize(3);
  }

  @Test
  void jobWithoutRulesWarnsAndKeepsEverything() throws IOException {
    TestNode node = start();
    backUp(node, Namespace.ROOT);
    var unused = node.admin().post("/config/prune", job("idle"));
    assertThat(run(node, "idle"))
        .contains("No prune selection - keeping all files.", "TASK WARNINGS: 1");
    assertThat(times(node, Namespace.ROOT)).hasSize(3);
  }

  @Test
  void jobOfTheConfigurationRunsAndIsNotChangedHere() throws IOException {
    TestNode node =
        start(", prune: [ { namespace: lab, schedule: \"20:00\", keep: { last: 2 } } ]");
    backUp(node, LAB);
    JsonNode listed = node.admin().get("/admin/prune").path(0);
    assertThat(listed.path("id").asText()).isEqualTo("mesh-main-lab");
    assertThat(listed.path("keep-last").asInt()).isEqualTo(2);
    assertThat(run(node, "mesh-main-lab")).contains("TASK OK");
    assertThat(times(node, LAB)).hasSize(2);
    ObjectNode change = object().put("keep-last", 1);
    assertThatThrownBy(() -> node.admin().put("/config/prune/mesh-main-lab", change))
        .hasMessageContaining("is declared in mesh.yaml; change it there");
    assertThatThrownBy(() -> node.admin().delete("/config/prune/mesh-main-lab", Map.of()))
        .hasMessageContaining("is declared in mesh.yaml; change it there");
    assertThatThrownBy(() -> node.admin().post("/config/prune", job("mesh-main-lab")))
        .hasMessageContaining("already exists");
  }

  @Test
  void lastRunIsKnownAfterARestart() throws IOException {
    TestNode node = start();
    var unused = node.admin().post("/config/prune", job("nightly").put("keep-last", 1));
    assertThat(run(node, "nightly")).contains("TASK OK");
    node.close();
    JsonNode listed = start().admin().get("/admin/prune").path(0);
    assertThat(listed.path("last-run-state").asText()).isEqualTo("OK");
    assertThat(listed.path("last-run-endtime").asLong()).isPositive();
  }

  @Test
  void whoMayNotModifyTheStoreChangesAndRunsNothing() throws IOException {
    TestNode node = start();
    var unused = node.admin().post("/config/prune", job("nightly").put("keep-last", 1));
    RemoteNode reader = node.client(node.token("reader", "/datastore/main", "DatastoreReader"));
    assertThat(reader.get("/config/prune").findValuesAsText("id")).containsExactly("nightly");
    RemoteNode user = node.client(node.token("user", "/datastore/main", "DatastoreBackup"));
    assertThat(user.get("/config/prune")).isEmpty();
    assertThat(user.get("/admin/prune")).isEmpty();
    for (RemoteNode caller : List.of(reader, user)) {
      assertThatThrownBy(() -> caller.post("/admin/prune/nightly/run", object()))
          .hasMessageContaining("permission check failed");
      assertThatThrownBy(() -> caller.post("/config/prune", job("more")))
          .hasMessageContaining("permission check failed");
      assertThatThrownBy(() -> caller.delete("/config/prune/nightly", Map.of()))
          .hasMessageContaining("permission check failed");
    }
  }

  @Test
  void jobOfTheOptionsOfANewStoreGoesWithIt() throws IOException {
    TestNode node = start();
    Path path = TestStores.bare(directory.resolve("extra"));
    ObjectNode store =
        object()
            .put("name", "extra")
            .put("path", path.toString())
            .put("reuse-datastore", true)
            .put("prune-schedule", "daily")
            .put("keep-daily", 3);
    var unused = node.admin().post("/config/datastore", store);
    JsonNode made = node.admin().get("/config/prune").path(0);
    assertThat(made.path("id").asText()).startsWith("default-extra-").hasSize(32);
    assertThat(made.path("keep-daily").asInt()).isEqualTo(3);
    assertThat(node.admin().get("/config/datastore/extra").has("keep-daily")).isFalse();
    unused = node.admin().delete("/config/datastore/extra", Map.of());
    assertThat(node.admin().get("/config/prune")).isEmpty();
  }

  @Test
  void rulesCanBeTriedBeforeAJobIsMade() throws IOException {
    TestNode node = start();
    JsonNode life =
        node.admin()
            .get(
                "/mesh/prune-simulation",
                Map.of(
                    "schedule", "hourly",
                    "keep-daily", "3",
                    "days", "30",
                    "end", "1717581600",
                    "size", "100GB",
                    "change", "0"));
    assertThat(life.path("kept").asInt()).isEqualTo(3);
    assertThat(life.path("made").asInt()).isBetween(720, 722);
    assertThat(life.path("snapshots").path(0).path("rule").asText()).isEqualTo("keep-daily");
    assertThat(life.path("bytes").asLong()).isEqualTo(100_000_000_000L);
  }
}
