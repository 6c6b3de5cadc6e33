package dev.holdfast.node.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** At stake: whoever asks learns whether a snapshot can be restored, and so do all listings. */
final class VerificationOverRestTest {
  private static final String STORE = "/admin/datastore/extra";
  private static final SnapshotId SNAPSHOT = GroupId.parse("host/web").at(1_718_000_000);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Optional<TestNode> started = Optional.empty();
  private Optional<RemoteNode> alice = Optional.empty();

  /** A datastore that verifies what is new, with one snapshot in a namespace. */
  @BeforeEach
  void backUp() throws IOException {
    Path store = TestStores.bare(directory.resolve("extra"));
    Files.writeString(
        Files.createDirectory(directory.resolve("state")).resolve("datastore.cfg"),
        "datastore: extra\n\tpath " + store + "\n\tverify-new true\n");
    started = Optional.of(TestNode.start(strict, directory));
    var unused = admin().post(STORE + "/namespace", none().put("name", "a"));
    alice =
        Optional.of(node().client(node().token("alice", "/datastore/extra", "DatastoreBackup")));
    upload(SNAPSHOT);
  }

  @AfterEach
  void stop() {
    started.ifPresent(TestNode::close);
  }

  private void upload(SnapshotId snapshot) {
    SmallUpload.run(
        alice.orElseThrow(), new DatastoreName("extra"), Namespace.parse("a"), snapshot, 1);
  }

  private TestNode node() {
    return started.orElseThrow();
  }

  private RemoteNode admin() {
    return node().admin();
  }

  private TaskRuns tasks() {
    return new TaskRuns(admin());
  }

  private static ObjectNode none() {
    return JsonNodeFactory.instance.objectNode();
  }

  private void damageAChunk() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("extra/.chunks"))) {
      Path chunk = files.filter(Files::isRegularFile).findFirst().orElseThrow();
      byte[] content = Files.readAllBytes(chunk);
      content[content.length - 1] ^= 1;
      Files.write(chunk, content);
    }
  }

  private JsonNode verification() {
    return admin().get(STORE + "/snapshots", Map.of("ns", "a")).path(0).path("verification");
  }

  @Test
  void verifiesWhatIsNewWhenTheDatastoreAsksForIt() {
    String upid = tasks().only("verify");
    assertThat(tasks().ended(upid)).isEqualTo("OK");
    assertThat(tasks().log(upid))
        .contains(
            "Automatically verifying newly added snapshot",
            "verify extra:a:" + SNAPSHOT,
            "percentage done: 100.00% (1/1 groups)");
    assertThat(upid).contains("extra\\x3ahost-web-").contains(":alice@pbs!test:");
    assertThat(verification().path("state").asText()).isEqualTo("ok");
    assertThat(verification().path("upid").asText()).isEqualTo(upid);
  }

  @Test
  void failsAndNamesWhatCannotBeRestored() throws IOException {
    tasks().ended(tasks().only("verify"));
    damageAChunk();

    String upid = admin().post(STORE + "/verify", none().put("ignore-verified", false)).asText();

    assertThat(tasks().ended(upid))
        .isEqualTo("verification failed - please check the log for details");
    List<String> log = tasks().log(upid);
    assertThat(log)
        .contains(
            "verify datastore extra",
            "found 1 groups",
            "Failed to verify the following snapshots/groups:",
            "\ta: " + SNAPSHOT)
        .anyMatch(line -> line.contains("corrupt chunk renamed to"));
    assertThat(verification().path("state").asText()).isEqualTo("failed");

    // What is known to be bad is not read again, unless somebody asks for it.
    assertThat(tasks().ended(admin().post(STORE + "/verify", none()).asText())).isEqualTo("OK");
  }

  @Test
  void groupWhoseOwnerCannotBeReadKeepsNobodyFromVerifyingHisOthers() throws IOException {
    SnapshotId other = GroupId.parse("host/db").at(SNAPSHOT.time());
    upload(other);
    Files.write(directory.resolve("extra/ns/a/host/web/owner"), new byte[] {0, 1, 2});

    ObjectNode all = none().put("ns", "a").put("ignore-verified", false);
    String upid = alice.orElseThrow().post(STORE + "/verify", all).asText();

    assertThat(tasks().ended(upid)).isEqualTo("WARNINGS: 1");
    assertThat(tasks().log(upid))
        .contains("verify extra:a:" + other)
        .anyMatch(line -> line.startsWith("group host/web was not verified: "));
  }

  @Test
  void namesTheTaskByWhatIsVerified() {
    ObjectNode group = none().put("ns", "a").put("backup-type", "host").put("backup-id", "web");
    assertThat(admin().post(STORE + "/verify", group).asText())
        .contains(":verify_group:extra\\x3ans-a-host-web:");
    ObjectNode snapshot = group.deepCopy().put("backup-time", SNAPSHOT.time());
    assertThat(admin().post(STORE + "/verify", snapshot).asText())
        .contains(":verify_snapshot:extra\\x3ans-a-host-web-66669980:");
    assertThat(admin().post(STORE + "/verify", none().put("ns", "a")).asText())
        .contains(":verify:extra\\x3ans-a:");
    assertThatThrownBy(() -> admin().post(STORE + "/verify", none().put("backup-id", "web")))
        .hasMessageContaining("parameters do not specify a backup group or snapshot");
  }
}
