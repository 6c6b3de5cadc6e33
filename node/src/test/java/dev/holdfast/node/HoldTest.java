package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
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
import java.time.Duration;
import java.time.Instant;
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
 * At stake: with a hold in mesh.yaml, nobody who reaches the node over the network removes what is
 * younger, however many rights he has; and whoever tries is told why.
 */
final class HoldTest {
  private static final String STORE = "/admin/datastore/main/";
  private static final Namespace HELD = Namespace.parse("held");
  private static final Namespace BELOW = Namespace.parse("held/web");
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final String REASON = " by the hold of 30d on namespace 'held' (mesh.yaml)";

  private final SnapshotId old = daysAgo(31);
  private final SnapshotId first = daysAgo(2);
  private final SnapshotId second = daysAgo(1);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @BeforeEach
  void backUp() throws IOException {
    start("[ { namespace: held, for: 30d } ]");
    var held = admin().post(STORE + "namespace", object().put("name", "held"));
    var below =
        admin().post(STORE + "namespace", object().put("name", "web").put("parent", held.asText()));
    assertThat(below.asText()).isEqualTo(BELOW.toString());
    for (SnapshotId snapshot : List.of(old, first, second)) {
      SmallUpload.run(admin(), TestNode.STORE, BELOW, snapshot, snapshot.time());
    }
  }

  private void start(String hold) throws IOException {
    stop();
    Path store = TestStores.bare(directory.resolve("main"));
    String line = "  main: { path: " + store + ", hold: " + hold + " }";
    started =
        Optional.of(TestNode.configured(strict, directory, "site: lyon", "datastores:", line));
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
    started = Optional.empty();
  }

  private static SnapshotId daysAgo(int days) {
    return GROUP.at(Instant.now().minus(Duration.ofDays(days)).getEpochSecond());
  }

  private RemoteNode admin() {
    return started.orElseThrow().admin();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static Map<String, String> query(Namespace namespace) {
    return new TreeMap<>(Map.of("ns", namespace.toString()));
  }

  private static Map<String, String> ofGroup() {
    Map<String, String> query = query(BELOW);
    query.put("backup-type", GROUP.type().text());
    query.put("backup-id", GROUP.id());
    return query;
  }

  private void forget(SnapshotId snapshot) {
    Map<String, String> query = ofGroup();
    query.put("backup-time", Long.toString(snapshot.time()));
    var unused = admin().delete(STORE + "snapshots", query);
  }

  private List<Long> times() {
    List<Long> times = new ArrayList<>();
    admin()
        .get(STORE + "snapshots", query(BELOW))
        .forEach(snapshot -> times.add(snapshot.path("backup-time").longValue()));
    return times;
  }

  @Test
  void anAdministratorCannotForgetWhatIsHeld() {
    assertThatThrownBy(() -> forget(first))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_INPUT))
        .hasMessageContaining(
            "failed to delete snapshot - cannot remove snapshot "
                + first
                + ": held until "
                + Instant.ofEpochSecond(first.time()).plus(Duration.ofDays(30))
                + REASON);
    forget(old);
    assertThat(times()).containsExactly(first.time(), second.time());
  }

  @Test
  void groupsAndNamespacesKeepWhatIsHeldAsWhatIsProtected() {
    Map<String, String> kindly = ofGroup();
    kindly.put("error-on-protected", "false");
    assertThat(admin().delete(STORE + "groups", kindly))
        .isEqualTo(
            object()
                .put("protected-snapshots", 2)
                .put("removed-groups", 0)
                .put("removed-snapshots", 1));
    Map<String, String> all = query(HELD);
    all.put("delete-groups", "true");
    assertThatThrownBy(() -> admin().delete(STORE + "namespace", all))
        .hasMessageContaining(
            "group only partially deleted due to protected snapshots, 2 of them held by mesh.yaml");
    assertThat(times()).containsExactly(first.time(), second.time());
  }

  @Test
  void aPruneKeepsWhatIsHeldAndSaysUntilWhen() {
    ObjectNode rules =
        object()
            .put("ns", BELOW.toString())
            .put("backup-type", GROUP.type().text())
            .put("backup-id", GROUP.id())
            .put("keep-last", 1);
    JsonNode decisions = admin().post(STORE + "prune", rules.deepCopy().put("dry-run", true));
    assertThat(decisions)
        .extracting(d -> d.path("keep").asBoolean())
        .containsExactly(false, true, true);
    assertThat(decisions.path(1).path("reason").asText())
        .startsWith("held until ")
        .endsWith(REASON);
    assertThat(decisions.path(2).path("reason").asText()).isEqualTo("keep-last");
    assertThat(decisions.path(1).path("protected").asBoolean()).isFalse();

    TaskRuns tasks = new TaskRuns(admin());
    String upid =
        admin()
            .post(STORE + "prune-datastore", object().put("ns", "held").put("keep-last", 1))
            .asText();
    assertThat(tasks.ended(upid)).isEqualTo("OK");
    assertThat(tasks.log(upid))
        .contains("remove " + old, "keep " + second)
        .anyMatch(
            line ->
                line.startsWith("keep " + first + " (held until ") && line.endsWith(REASON + ")"));
    assertThat(times()).containsExactly(first.time(), second.time());

    assertThat(admin().post(STORE + "prune", rules)).hasSize(2);
    assertThat(tasks.log(tasks.newest("prune")))
        .anyMatch(line -> line.startsWith(first + " keep (held until "));
    assertThat(times()).hasSize(2);
  }

  @Test
  void listsTellWhatIsHeld() {
    JsonNode snapshots = admin().get(STORE + "snapshots", query(BELOW));
    assertThat(snapshots.path(0).has("held-until")).isFalse();
    assertThat(snapshots.path(1).path("held-until").asLong())
        .isEqualTo(first.time() + Duration.ofDays(30).toSeconds());
    assertThat(snapshots.path(1).path("protected").asBoolean()).isFalse();
    assertThat(admin().get(STORE + "namespace"))
        .extracting(namespace -> namespace.path("hold").asLong())
        .containsExactly(0L, 2_592_000L, 2_592_000L);
  }

  @Test
  void aNamespaceDoesNotBecomeADatastoreThatHoldsNothing() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("main"));
    for (String path : List.of("main/ns/held/ns/web", "main", "link/ns/held", "")) {
      ObjectNode body =
          object().put("name", "other").put("path", directory.resolve(path).toString());
      assertThatThrownBy(() -> admin().post("/config/datastore", body))
          .as(path)
          .hasMessageContaining("is already used by datastore 'main'");
    }
    assertThat(link).isDirectory();
  }

  @Test
  void onlyTheFileShortensAHold() throws IOException {
    assertThatThrownBy(() -> admin().put("/config/datastore/main", object().put("hold", "1s")))
        .isInstanceOf(BackupException.class);
    assertThatThrownBy(() -> admin().delete("/config/datastore/main", Map.of()))
        .hasMessageContaining("is declared in mesh.yaml; change it there");
    stop();
    start("[]");
    forget(first);
    assertThat(times()).containsExactly(old.time(), second.time());
  }
}
