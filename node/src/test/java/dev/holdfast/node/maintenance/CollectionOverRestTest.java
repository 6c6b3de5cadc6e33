package dev.holdfast.node.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: a collection that somebody asks for does what it says, and says what it did. */
final class CollectionOverRestTest {
  private static final String GC = "/admin/datastore/main/gc";
  private static final GroupId GROUP = GroupId.parse("host/web");
  private static final SnapshotId OLDER = GROUP.at(1_718_000_000);
  private static final SnapshotId NEWER = GROUP.at(1_718_000_100);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();

  @BeforeEach
  void backUp() throws IOException {
    Path store = TestStores.bare(directory.resolve("main"));
    TestNode node =
        TestNode.configured(
            strict,
            directory,
            "site: lyon",
            "datastores:",
            "  main: { path: " + store + ", gc: \"sat 18:15\" }");
    started = Optional.of(node);
    SmallUpload.run(node.admin(), TestNode.STORE, Namespace.ROOT, OLDER, 1);
    SmallUpload.run(node.admin(), TestNode.STORE, Namespace.ROOT, NEWER, 2);
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  private RemoteNode admin() {
    return started.orElseThrow().admin();
  }

  /** As if nobody had used them for two days. */
  private void ageChunks() throws IOException {
    for (Path chunk : chunks()) {
      Files.getFileAttributeView(chunk, BasicFileAttributeView.class)
          .setTimes(null, FileTime.from(Instant.now().minus(Duration.ofDays(2))), null);
    }
  }

  private List<Path> chunks() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("main/.chunks"))) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static ObjectNode none() {
    return JsonNodeFactory.instance.objectNode();
  }

  private String ended(String upid) {
    return new TaskRuns(admin()).ended(upid);
  }

  private List<String> log(String upid) {
    return new TaskRuns(admin()).log(upid);
  }

  private void forgetOlder() {
    admin()
        .delete(
            "/admin/datastore/main/snapshots",
            Map.of(
                "backup-type",
                "host",
                "backup-id",
                "web",
                "backup-time",
                String.valueOf(OLDER.time())));
  }

  @Test
  void removesWhatNoSnapshotNeedsAndTellsItAsPbsDoes() throws IOException {
    int all = chunks().size();
    forgetOlder();
    ageChunks();

    String upid = admin().post(GC, none()).asText();

    assertThat(ended(upid)).isEqualTo("OK");
    JsonNode status = admin().get(GC, Map.of());
    long removed = status.path("removed-chunks").asLong();
    assertThat(removed).isPositive();
    assertThat(chunks()).hasSize((int) (all - removed));
    assertThat(status.path("upid").asText()).isEqualTo(upid);
    assertThat(status.path("last-run-state").asText()).isEqualTo("OK");
    assertThat(status.path("schedule").asText()).isEqualTo("sat 18:15");
    assertThat(status.path("next-run").asLong()).isGreaterThan(Instant.now().getEpochSecond());
    assertThat(log(upid))
        .startsWith(
            "starting garbage collection on store main",
            "Access time update check successful, proceeding with GC.")
        .contains(
            "Start GC phase1 (mark used chunks)",
            "marked 100% (1 of 1 index files)",
            "Start GC phase2 (sweep unused chunks)",
            "Removed chunks: " + removed,
            "On-Disk chunks: " + (all - removed))
        .endsWith("TASK OK");
  }

  @Test
  void tellsInADryRunWhatWouldGoAndLeavesIt() throws IOException {
    int all = chunks().size();
    forgetOlder();
    ageChunks();

    String upid = admin().post(GC, none().put("dry-run", true)).asText();

    assertThat(ended(upid)).isEqualTo("OK");
    assertThat(chunks()).hasSize(all);
    assertThat(log(upid)).anyMatch(line -> line.startsWith("would remove "));
    assertThat(admin().get(GC, Map.of()).path("upid").isNull()).isTrue();
  }

  @Test
  void endsWithAWarningThatNamesAMissingChunkAndItsIndex() throws IOException {
    Files.delete(chunks().getFirst());

    String upid = admin().post(GC, none()).asText();

    assertThat(ended(upid)).startsWith("WARNINGS: ");
    assertThat(log(upid))
        .anyMatch(line -> line.startsWith("warning: unable to access non-existent chunk "));
  }
}
