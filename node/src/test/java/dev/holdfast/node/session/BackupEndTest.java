package dev.holdfast.node.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.manifest.CryptMode;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.manifest.ManifestFile;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeOptions;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.behaviour.Behaviour;
import dev.holdfast.replication.peer.BackupSession;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: whatever ends a backup, nothing half-made is left and the next one can begin; and the
 * log says what happened in the words that people search for (spec/protocols.md §4.6).
 */
final class BackupEndTest {
  private static final DatastoreName STORE = new DatastoreName("main");
  private static final SnapshotId SNAPSHOT = SnapshotId.parse("host/web1/2026-11-24T12:00:00Z");
  private static final Duration TIME_MAX = Duration.ofSeconds(20);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final Path state;
  private final Node node;
  private final RemoteNode client;

  BackupEndTest(@TempDir Path directory) throws IOException {
    state = directory.resolve("state");
    Path config = directory.resolve("mesh.yaml");
    // The store makes the directories of prefixes when it needs them.
    Files.createDirectories(directory.resolve("main/.chunks"));
    Files.writeString(
        config, "site: lyon\ndatastores:\n  main: { path: " + directory.resolve("main") + " }\n");
    node =
        Node.start(new NodeOptions(state, config, new HostAndPort("127.0.0.1", 0)), VERTX.vertx());
    client =
        new RemoteNode(
            VERTX.vertx(),
            node.address(),
            PinnedTrust.of(node.fingerprint()),
            new Credential.Local(SecretFiles.read(state.resolve(AccessState.LOCAL_SECRET_FILE))),
            WireClient.ANSWER_TIMEOUT);
  }

  @AfterEach
  void stop() {
    client.close();
    node.close();
  }

  private BackupSession open() {
    return client.openBackup(STORE, Namespace.ROOT, SNAPSHOT, false);
  }

  private void backUp() {
    try (BackupSession session = open()) {
      ArchiveName name = new ArchiveName("machine.conf.blob");
      byte[] blob = DataBlob.encode("x".getBytes(StandardCharsets.UTF_8), 0, 1, false);
      session.blob(name, blob);
      Manifest manifest =
          Manifest.of(
              SNAPSHOT,
              List.of(new ManifestFile(name, CryptMode.NONE, blob.length, Digest.sha256(blob))));
      session.blob(ArchiveName.MANIFEST, manifest.encodeBlob());
      session.finish();
    }
  }

  /** The newest backup task when it has ended: its status, and its log. */
  private record Ended(String status, List<String> lines) {}

  private Ended awaitEnd() {
    Await.until("the task ends", TIME_MAX, () -> newest().hasNonNull("status"));
    JsonNode task = newest();
    List<String> lines = new ArrayList<>();
    String upid = task.path("upid").asText();
    for (JsonNode line : client.get("/nodes/localhost/tasks/" + upid + "/log")) {
      lines.add(line.path("t").asText().replaceFirst("^\\S+: ", ""));
    }
    return new Ended(task.path("status").asText(), lines);
  }

  private JsonNode newest() {
    return client.get("/nodes/localhost/tasks", Map.of("typefilter", "backup")).path(0);
  }

  @Test
  void aTaskThatCannotBeginLeavesNoSnapshotBehind() throws IOException {
    Path tasks = state.resolve("tasks");
    Path aside = state.resolve("aside");
    Files.move(tasks, aside);
    Files.createFile(tasks);
    assertThatThrownBy(this::open).hasMessageContaining("cannot start task");
    Files.delete(tasks);
    Files.move(aside, tasks);
    assertThat(client.get("/admin/datastore/main/snapshots")).isEmpty();
    backUp();
    assertThat(client.get("/admin/datastore/main/snapshots")).hasSize(1);
  }

  @Test
  void aConnectionThatEndsBeforeTheFinishIsToldAsUnfinished() {
    open().close();
    Ended end = awaitEnd();
    assertThat(end.status()).isEqualTo("backup ended but finished state is not set.");
    assertThat(end.lines())
        .containsSubsequence(
            "backup ended and finish failed: backup ended but finished state is not set.",
            "removing unfinished backup",
            "TASK ERROR: backup ended but finished state is not set.");
    backUp();
  }

  @Test
  @Behaviour(50)
  void aStoppedTaskIsToldAsAborted() {
    try (BackupSession session = open()) {
      session.createDynamic(new ArchiveName("root.pxar.didx"));
      String upid = newest().path("upid").asText();
      var unused = client.delete("/nodes/localhost/tasks/" + upid, Map.of());
      Ended end = awaitEnd();
      assertThat(end.status()).isEqualTo("task aborted");
      assertThat(end.lines())
          .containsSubsequence(
              "received abort request ...",
              "backup failed: task aborted",
              "removing failed backup",
              "TASK ERROR: task aborted");
    }
    assertThat(client.get("/admin/datastore/main/snapshots")).isEmpty();
    backUp();
  }
}
