package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: moves do over the network what they say, only for those who may, and go on after the
 * node ended in the middle of one.
 */
final class MoveTest {
  private static final String STORE = "/admin/datastore/main";
  private static final DatastoreName OTHER = new DatastoreName("other");
  private static final Namespace OLD = Namespace.parse("old");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @BeforeEach
  void backUp() throws IOException {
    start();
    create("", "old");
    create("", "new");
    SmallUpload.run(admin(), TestNode.STORE, OLD, FIRST, 1);
    SmallUpload.run(admin(), TestNode.STORE, OLD, SECOND, 2);
  }

  private void start() throws IOException {
    started =
        Optional.of(
            TestNode.configured(
                strict,
                directory,
                "site: lyon",
                "datastores:",
                TestNode.declare(TestNode.STORE, TestStores.bare(directory.resolve("main"))),
                TestNode.declare(OTHER, TestStores.bare(directory.resolve("other")))));
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
    started = Optional.empty();
  }

  private TestNode node() {
    return started.orElseThrow();
  }

  private RemoteNode admin() {
    return node().admin();
  }

  private void create(String parent, String name) {
    ObjectNode body = TestNode.json("name", name);
    if (!parent.isEmpty()) {
      body.put("parent", parent);
    }
    var unused = admin().post(STORE + "/namespace", body);
  }

  private static ObjectNode ofGroup(String from, String to) {
    return TestNode.json("ns", from)
        .put("backup-type", GROUP.type().text())
        .put("backup-id", GROUP.id())
        .put("target-ns", to);
  }

  private static ObjectNode ofNamespace(String from, String to) {
    return TestNode.json("ns", from).put("target-ns", to);
  }

  private TaskRuns tasks() {
    return new TaskRuns(admin());
  }

  /** How the task ended. */
  private String run(String call, ObjectNode body) {
    return tasks().ended(admin().post(STORE + call, body).asText());
  }

  private List<Long> times(DatastoreName store, String namespace) {
    List<Long> times = new ArrayList<>();
    admin()
        .get("/admin/datastore/" + store + "/snapshots", Map.of("ns", namespace))
        .forEach(snapshot -> times.add(snapshot.path("backup-time").longValue()));
    return times;
  }

  private void assertMovedTo(DatastoreName store, String namespace) {
    assertThat(times(store, namespace)).containsExactlyInAnyOrder(FIRST.time(), SECOND.time());
  }

  @Test
  void aGroupGoesAndItsTaskTellsItAsARealServerDoes() {
    String upid = admin().post(STORE + "/move-group", ofGroup("old", "new")).asText();

    assertThat(tasks().ended(upid)).isEqualTo("OK");

    assertThat(upid).contains(":move-group:main\\x3aold-host-web\\x3anew:");
    assertThat(tasks().log(upid))
        .contains("moving group 'host/web' from 'old' to 'new'")
        .anyMatch(line -> line.startsWith("removing backup group"));
    assertMovedTo(TestNode.STORE, "new");
    assertThat(times(TestNode.STORE, "old")).isEmpty();
  }

  @Test
  void aPlanTellsWhatTheMoveThenDoes() {
    create("old", "deep");
    Map<String, String> query = new TreeMap<>(Map.of("ns", "old", "target-ns", "new/old"));

    JsonNode plan = admin().get(STORE + "/move-namespace", query);

    assertThat(plan.path("made"))
        .extracting(JsonNode::asText)
        .containsExactly("new/old", "new/old/deep");
    assertThat(plan.path("removed"))
        .extracting(JsonNode::asText)
        .containsExactly("old/deep", "old");
    assertThat(plan.path("groups"))
        .singleElement()
        .satisfies(
            step -> {
              assertThat(step.path("target-ns").asText()).isEqualTo("new/old");
              assertThat(step.path("snapshots").asInt()).isEqualTo(2);
              assertThat(step.has("refusal")).isFalse();
            });
    assertMovedTo(TestNode.STORE, "old");
    assertThat(run("/move-namespace", ofNamespace("old", "new/old"))).isEqualTo("OK");
    assertMovedTo(TestNode.STORE, "new/old");
    assertThat(admin().get(STORE + "/namespace", Map.of()))
        .extracting(row -> row.path("ns").asText())
        .containsExactly("", "new", "new/old", "new/old/deep");
  }

  @Test
  void whatWasMovedIsTakenBack() {
    run("/move-namespace", ofNamespace("old", "new/old"));
    JsonNode move = admin().get(STORE + "/moves", Map.of()).path(0);
    assertThat(move.path("state").asText()).isEqualTo("done");
    assertThat(move.path("what").asText()).isEqualTo("namespace 'old' to 'new/old'");
    assertThat(move.path("snapshots").asInt()).isEqualTo(2);
    String path = "/moves/" + move.path("move").asText();

    assertThat(run(path, TestNode.json("action", "undo"))).isEqualTo("OK");

    assertMovedTo(TestNode.STORE, "old");
    assertThat(run(path, TestNode.json("action", "undo"))).contains("is undone already");
  }

  @Test
  void aGroupGoesToAnotherDatastore() {
    String end = run("/move-group", ofGroup("old", "").put("target-store", OTHER.text()));

    assertThat(end).isEqualTo("OK");
    assertMovedTo(OTHER, "");
    String upid = admin().post("/admin/datastore/other/verify", TestNode.json("ns", "")).asText();
    assertThat(tasks().ended(upid)).isEqualTo("OK");
  }

  @Test
  void whatASnapshotIsReadForKeepsItsGroupAndTheTaskSaysSo() {
    run("/move-group", ofGroup("old", "new"));
    SmallUpload.run(admin(), TestNode.STORE, OLD, FIRST, 3);

    assertThat(run("/move-group", ofGroup("old", "new")))
        .isEqualTo("cannot merge group 'host/web' from 'old' into 'new': snapshot time mismatch");
    assertThat(run("/move-namespace", ofNamespace("old", "new")))
        .startsWith(
            "namespace move partially completed; 1 group(s) could not be moved and remain at"
                + " source; failed: 'host/web' in 'old' (cannot merge");
  }

  @Test
  void whoOwnsAGroupMovesItWithPruneHereAndBackupThere() {
    RemoteNode owner =
        node().client(node().token("owner", "/datastore/main/old", "DatastoreAudit"));
    assertRefused(owner, "missing Datastore.Modify|Datastore.Prune on /datastore/main/old");
    RemoteNode half =
        node().client(node().token("half", "/datastore/main/old", "DatastorePowerUser"));
    assertRefused(half, "missing Datastore.Modify|Datastore.Backup on /datastore/main/new");
    RemoteNode stranger = node().client(node().token("other", "/datastore", "DatastorePowerUser"));
    assertThatThrownBy(() -> stranger.post(STORE + "/move-group", ofGroup("old", "new")))
        .hasMessageContaining("backup owner check failed");
    assertRefused(stranger, STORE + "/move-namespace", ofNamespace("old", "new/old"), "missing");
    assertMovedTo(TestNode.STORE, "old");
  }

  private static void assertRefused(RemoteNode who, String text) {
    assertRefused(who, STORE + "/move-group", ofGroup("old", "new"), text);
  }

  private static void assertRefused(RemoteNode who, String call, ObjectNode body, String text) {
    assertThatThrownBy(() -> who.post(call, body))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.PERMISSION))
        .hasMessageContaining(text);
  }

  /** As the end of the process would leave it: the journal has no end, a part is there. */
  @Test
  void aMoveThatTheEndOfANodeInterruptedGoesOnAtTheNextStart() throws IOException {
    run("/move-namespace", ofNamespace("old", "new/old"));
    Path journal;
    try (var files = Files.list(directory.resolve("main/.moves"))) {
      journal = files.findFirst().orElseThrow();
    }
    stop();
    List<String> lines = Files.readAllLines(journal);
    assertThat(lines.getLast()).contains("\"done\"");
    Files.write(journal, lines.subList(0, lines.size() - 2));
    Path back = directory.resolve("main/ns/old/host/web");
    Files.createDirectories(back);
    Files.copy(directory.resolve("main/ns/new/ns/old/host/web/owner"), back.resolve("owner"));
    Files.move(
        directory.resolve("main/ns/new/ns/old/host/web/" + SECOND.timeText()),
        back.resolve(SECOND.timeText()));
    start();

    assertThat(tasks().ended(tasks().newest("move-namespace"))).isEqualTo("OK");

    assertMovedTo(TestNode.STORE, "new/old");
    assertThat(admin().get(STORE + "/moves", Map.of()).path(0).path("state").asText())
        .isEqualTo("done");
    assertThat(Files.exists(directory.resolve("main/ns/old"))).isFalse();
  }
}
