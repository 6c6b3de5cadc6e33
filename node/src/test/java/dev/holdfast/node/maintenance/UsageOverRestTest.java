package dev.holdfast.node.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TaskRuns;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: an operator learns which namespace fills his disk. Two namespaces hold a backup each,
 * of four chunks of 2000 bytes, two of which are the same.
 */
final class UsageOverRestTest {
  private static final String USAGE = "/mesh/datastore/main/usage";
  private static final long CHUNK_BYTES = 2000 + 12; // with the header of a blob
  private static final GroupId GROUP = GroupId.parse("host/web");

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @BeforeEach
  void backUp() throws IOException {
    started = Optional.of(TestNode.start(strict, directory));
    for (String name : new String[] {"a", "b"}) {
      var made = admin().post("/admin/datastore/main/namespace", object().put("name", name));
      SmallUpload.run(
          admin(),
          TestNode.STORE,
          Namespace.parse(made.asText()),
          GROUP.at(1_718_000_000),
          name.codePointAt(0));
    }
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  private RemoteNode admin() {
    return started.orElseThrow().admin();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static ObjectNode row(String ns, long backups, long deduplicated, long exclusive) {
    return object()
        .put("ns", ns)
        .put("groups", backups)
        .put("snapshots", backups)
        .put("logical-bytes", backups * 4 * 2000)
        .put("deduplicated-bytes", deduplicated * CHUNK_BYTES)
        .put("exclusive-bytes", exclusive * CHUNK_BYTES);
  }

  private void measure(RemoteNode caller) {
    String upid = caller.post(USAGE, object()).asText();
    assertThat(new TaskRuns(admin()).ended(upid)).isEqualTo("OK");
  }

  @Test
  void aTaskMeasuresAndItsResultIsKept() {
    assertThatThrownBy(() -> admin().get(USAGE))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("the usage of datastore 'main' was not measured yet");
    measure(admin());
    JsonNode answer = admin().get(USAGE);
    assertThat(answer.path("measured-at").asLong()).isPositive();
    assertThat(answer.path("chunk-bytes").asLong()).isEqualTo(6 * CHUNK_BYTES);
    assertThat(answer.path("namespaces"))
        .usingElementComparator((a, b) -> a.toString().compareTo(b.toString()))
        .containsExactly(row("", 2, 6, 6), row("a", 1, 4, 2), row("b", 1, 4, 2));
    assertThat(admin().get(USAGE, Map.of("ns", "b")).path("namespaces")).hasSize(1);
  }

  @Test
  void anAuditorMayMeasureAndAUserMayNot() {
    TestNode node = started.orElseThrow();
    measure(node.client(node.token("auditor", "/datastore/main", "DatastoreAudit")));
    RemoteNode user = node.client(node.token("user", "/datastore/main", "DatastoreBackup"));
    assertThatThrownBy(() -> user.post(USAGE, object())).hasMessageContaining("permission");
    assertThatThrownBy(() -> user.get(USAGE)).hasMessageContaining("permission");
  }
}
