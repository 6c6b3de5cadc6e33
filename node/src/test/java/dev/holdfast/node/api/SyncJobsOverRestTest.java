package dev.holdfast.node.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.BackupType;
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
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: who administers a node over REST, as with a real server, names remotes and makes sync
 * jobs that run; and what a job needs, nobody takes away from under it.
 */
final class SyncJobsOverRestTest {
  private static final SnapshotId SNAPSHOT = new GroupId(BackupType.HOST, "web").at(1_700_000_000);
  private static final Duration TASK_TIME_MAX = Duration.ofSeconds(60);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode source;
  private TestNode target;

  @BeforeEach
  void twoNodesOfWhichOneHasASnapshot() throws IOException {
    source = TestNode.start(strict, Files.createDirectory(directory.resolve("source")));
    target = TestNode.start(strict, Files.createDirectory(directory.resolve("target")));
    Credential.Token token = source.token("writer", "/datastore/main", "DatastoreAdmin");
    SmallUpload.run(source.client(token), TestNode.STORE, Namespace.ROOT, SNAPSHOT, 1);
    ObjectNode remote =
        object()
            .put("name", "there")
            .put("host", "127.0.0.1")
            .put("port", source.address().port())
            .put("fingerprint", source.fingerprint().toString())
            .put("auth-id", token.id().toString())
            .put("password", token.secret().reveal());
    var unused = admin().post("/config/remote", remote);
  }

  @AfterEach
  void stop() {
    target.close();
    source.close();
  }

  private RemoteNode admin() {
    return target.admin();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static ObjectNode job(String id) {
    return object()
        .put("id", id)
        .put("store", "main")
        .put("remote", "there")
        .put("remote-store", "main");
  }

  private void awaitEnd(JsonNode task) {
    String path =
        "/nodes/localhost/tasks/"
            + URLEncoder.encode(task.textValue(), StandardCharsets.UTF_8)
            + "/status";
    Await.until(
        "the sync to end",
        TASK_TIME_MAX,
        () -> admin().get(path).path("status").asText().equals("stopped"));
    assertThat(admin().get(path).path("exitstatus").asText()).isEqualTo("OK");
  }

  @Test
  void remoteShowsWhatItHasAndNeverItsPassword() {
    JsonNode shown = admin().get("/config/remote/there");
    assertThat(shown.path("host").asText()).isEqualTo("127.0.0.1");
    assertThat(shown.has("password")).isFalse();
    assertThat(admin().get("/config/remote/there/scan").findValuesAsText("store"))
        .containsExactly("main");
    assertThat(admin().get("/config/remote/there/scan/main/groups").findValuesAsText("backup-id"))
        .containsExactly(SNAPSHOT.group().id());
  }

  @Test
  void jobThatWasMadeOverRestPullsWhenItIsAskedTo() {
    var unused = admin().post("/config/sync", job("from-there"));
    awaitEnd(admin().post("/admin/sync/from-there/run", object()));

    JsonNode found = admin().get("/admin/datastore/main/snapshots");
    assertThat(found.findValuesAsText("backup-time"))
        .containsExactly(Long.toString(SNAPSHOT.time()));
    JsonNode listed = admin().get("/admin/sync").path(0);
    assertThat(listed.path("last-run-state").asText()).isEqualTo("OK");
    assertThat(listed.path("id").asText()).isEqualTo("from-there");
  }

  @Test
  void oneRunWithoutAJobPullsForItsCaller() {
    ObjectNode pull =
        object().put("store", "main").put("remote", "there").put("remote-store", "main");
    awaitEnd(admin().post("/pull", pull));
    JsonNode group = admin().get("/admin/datastore/main/groups").path(0);
    assertThat(group.path("owner").asText()).isEqualTo("root@pam");
    assertThat(admin().get("/admin/sync")).isEmpty();
  }

  @Test
  void remoteOfAJobStaysUntilTheJobIsGone() {
    var unused = admin().post("/config/sync", job("from-there"));
    assertThatThrownBy(() -> admin().delete("/config/remote/there", Map.of()))
        .hasMessageContaining("remote 'there' is used by sync job 'from-there'");
    unused = admin().delete("/config/sync/from-there", Map.of());
    unused = admin().delete("/config/remote/there", Map.of());
    assertThatThrownBy(() -> admin().delete("/config/sync/from-there", Map.of()))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> assertThat(e.text()).contains("job 'from-there' does not exist."));
  }

  @Test
  void changeOnTheBasisOfAnOldStateIsRefused() {
    var unused = admin().post("/config/sync", job("from-there"));
    ObjectNode change = object().put("comment", "new").put("digest", "0".repeat(64));
    assertThatThrownBy(() -> admin().put("/config/sync/from-there", change))
        .hasMessageContaining("detected modified configuration");
    change.remove("digest");
    unused = admin().put("/config/sync/from-there", change);
    assertThat(admin().get("/config/sync/from-there").path("comment").asText()).isEqualTo("new");
  }

  @Test
  void jobMayNotBeMadeByWhoCouldNotDoItsWork() {
    Credential.Password user = target.user("operator@pbs", "some password");
    target.allow(user.user(), "/datastore/main", "DatastoreAdmin");
    RemoteNode operator = target.client(user);
    assertThatThrownBy(() -> operator.post("/config/sync", job("mine")))
        .hasMessageContaining("permission check failed");
    target.allow(user.user(), "/remote/there", "RemoteSyncOperator");
    var unused = operator.post("/config/sync", job("mine").put("owner", "operator@pbs"));
    assertThat(operator.get("/config/sync").findValuesAsText("id")).containsExactly("mine");
  }
}
