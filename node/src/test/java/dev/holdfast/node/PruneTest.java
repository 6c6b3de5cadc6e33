package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: pruning removes what its rules and its caller's rights allow, and tells what it did.
 */
final class PruneTest {
  private static final String PRUNE = "/admin/datastore/main/prune";
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final long FIRST = Instant.parse("2024-06-05T10:00:00Z").getEpochSecond();
  private static final long HOUR = Duration.ofHours(1).toSeconds();

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  /** Three snapshots, an hour apart, of a user who may prune his own groups. */
  @BeforeEach
  void start() throws IOException {
    started = Optional.of(TestNode.start(strict, directory));
    RemoteNode owner = node().client(token("alice"));
    for (int hour = 0; hour < 3; hour++) {
      SmallUpload.run(owner, TestNode.STORE, Namespace.ROOT, at(hour), hour);
    }
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  private TestNode node() {
    return started.orElseThrow();
  }

  private Credential.Token token(String name) {
    return node().token(name, "/datastore/main", "DatastorePowerUser");
  }

  private static SnapshotId at(int hour) {
    return GROUP.at(FIRST + hour * HOUR);
  }

  private static ObjectNode rules(int keepLast) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("backup-type", GROUP.type().text())
        .put("backup-id", GROUP.id())
        .put("keep-last", keepLast);
  }

  private static List<Boolean> kept(JsonNode answer) {
    List<Boolean> kept = new ArrayList<>();
    answer.forEach(snapshot -> kept.add(snapshot.path("keep").booleanValue()));
    return kept;
  }

  private List<Long> times() {
    List<Long> times = new ArrayList<>();
    node()
        .admin()
        .get("/admin/datastore/main/snapshots")
        .forEach(snapshot -> times.add(snapshot.path("backup-time").longValue()));
    return times;
  }

  @Test
  void aDryRunTellsAndDoesNothing() {
    JsonNode answer = node().admin().post(PRUNE, rules(1).put("dry-run", true));
    assertThat(kept(answer)).containsExactly(false, false, true);
    assertThat(answer.path(0).path("backup-time").longValue()).isEqualTo(FIRST);
    assertThat(times()).hasSize(3);
  }

  @Test
  void whatNoRuleKeepsIsRemovedButNotWhatIsProtected() {
    var unused =
        node()
            .admin()
            .put(
                "/admin/datastore/main/protected",
                rules(1)
                    .put("backup-time", at(0).time())
                    .put("protected", true)
                    .without(List.of("keep-last")));
    JsonNode answer = node().admin().post(PRUNE, rules(1));
    assertThat(kept(answer)).containsExactly(true, false, true);
    assertThat(answer.path(0).path("protected").booleanValue()).isTrue();
    assertThat(times()).containsExactlyInAnyOrder(at(0).time(), at(2).time());
    JsonNode task = node().admin().get("/nodes/localhost/tasks", Map.of("typefilter", "prune"));
    assertThat(task.path(0).path("worker_id").asText()).isEqualTo("main::host/web");
    assertThat(task.path(0).path("status").asText()).isEqualTo("OK");
  }

  @Test
  void withoutARuleEverythingStays() {
    ObjectNode none = rules(1).without(List.of("keep-last"));
    assertThat(kept(node().admin().post(PRUNE, none))).containsExactly(true, true, true);
    assertThat(times()).hasSize(3);
  }

  @Test
  void othersGroupsAndAbsentOnesAreRefused() {
    RemoteNode other = node().client(token("mallory"));
    assertThatThrownBy(() -> other.post(PRUNE, rules(1)))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("backup owner check failed (mallory@pbs!test != alice@pbs!test)");
    ObjectNode absent = rules(1).put("backup-id", "absent");
    assertThatThrownBy(() -> node().admin().post(PRUNE, absent))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("No such file or directory");
    assertThat(times()).hasSize(3);
  }

  @Test
  void aWholeDatastoreIsPrunedGroupByGroupWhereTheCallerMay() {
    RemoteNode other = node().client(token("mallory"));
    SnapshotId others = GroupId.parse("host/other").at(FIRST);
    SmallUpload.run(other, TestNode.STORE, Namespace.ROOT, others, 1);
    SmallUpload.run(other, TestNode.STORE, Namespace.ROOT, others.group().at(FIRST + HOUR), 2);
    ObjectNode rule = JsonNodeFactory.instance.objectNode().put("keep-last", 1);
    var unused = other.post("/admin/datastore/main/prune-datastore", rule);
    Await.until("his own group is pruned", Duration.ofSeconds(10), () -> times().size() == 4);
    assertThat(times()).contains(at(0).time(), at(1).time(), at(2).time());
  }
}
