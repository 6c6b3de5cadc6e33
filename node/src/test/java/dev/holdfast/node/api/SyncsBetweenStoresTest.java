package dev.holdfast.node.api;

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
import dev.holdfast.node.testing.TestSites;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a second datastore of the same node, on another disk, gets its copies by the jobs that
 * get them from afar, for whom the first one would show them to, and never from itself.
 */
final class SyncsBetweenStoresTest {
  private static final DatastoreName COPIES = new DatastoreName("copies");
  private static final SnapshotId WEB = GroupId.parse("host/web").at(1_700_000_000);
  private static final SnapshotId NEWER = WEB.group().at(1_700_000_060);
  private static final SnapshotId VM = GroupId.parse("vm/7").at(1_700_000_000);
  private static final Namespace TEAM = Namespace.parse("team/web");

  @RegisterExtension final StrictVertx strict = new StrictVertx();

  private TestNode node;
  private RemoteNode admin;
  private TaskRuns tasks;

  @BeforeEach
  void nodeWithTwoStoresOfWhichOneHasSnapshots(@TempDir Path directory) throws IOException {
    Path main = TestStores.bare(directory.resolve("main"));
    Path copies = TestStores.bare(directory.resolve("copies"));
    node =
        TestNode.configured(
            strict,
            directory,
            "site: lyon",
            "datastores:",
            TestNode.declare(TestNode.STORE, main),
            TestNode.declare(COPIES, copies));
    admin = node.admin();
    tasks = new TaskRuns(admin);
    TestSites.backUp(node, Namespace.ROOT, VM, 1);
    TestSites.backUp(node, TEAM, WEB, 2);
    TestSites.backUp(node, TEAM, NEWER, 3);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private static ObjectNode fromMain() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("store", COPIES.text())
        .put("remote-store", TestNode.STORE.text());
  }

  private String run(RemoteNode client, ObjectNode pull) {
    return tasks.ended(client.post("/pull", pull).asText());
  }

  private List<String> times(String namespace) {
    return admin
        .get("/admin/datastore/copies/snapshots", Map.of("ns", namespace))
        .findValuesAsText("backup-time");
  }

  @Test
  void jobWithoutARemotePullsNestedNamespacesFromTheOtherStore() {
    var unused = admin.post("/config/sync", fromMain().put("id", "to-copies"));
    JsonNode listed = admin.get("/admin/sync").path(0);
    assertThat(listed.has("remote")).isFalse();
    String task = admin.post("/admin/sync/to-copies/run", null).asText();
    assertThat(tasks.ended(task)).isEqualTo("OK");
    assertThat(task).contains(":syncjob:\\x2d\\x3amain\\x3acopies\\x3a\\x3ato\\x2dcopies:");
    assertThat(times("team/web"))
        .containsExactlyInAnyOrder(Long.toString(WEB.time()), Long.toString(NEWER.time()));
    assertThat(times("")).containsExactly(Long.toString(VM.time()));
    assertThat(tasks.log(task)).contains("pull datastore 'copies' from 'main'");

    String again = admin.post("/admin/sync/to-copies/run", null).asText();
    assertThat(tasks.ended(again)).isEqualTo("OK");
    assertThat(tasks.log(again)).contains("Summary: sync job found no new data to pull");
    assertThat(admin.get("/mesh/syncs").path(0).path("remote").asText()).isEqualTo("main");
  }

  @Test
  void rulesOfAPullHoldBetweenStores() {
    ObjectNode pull =
        fromMain()
            .put("remote-ns", "team")
            .put("ns", "")
            .put("transfer-last", 1)
            .put("max-depth", 1);
    assertThatThrownBy(() -> admin.post("/pull", fromMain().put("max-depth", 8)))
        .hasMessageContaining("max-depth");
    assertThat(run(admin, pull)).isEqualTo("OK");
    assertThat(times("web")).containsExactly(Long.toString(NEWER.time()));

    ObjectNode filtered = fromMain();
    filtered.putArray("group-filter").add("type:host");
    assertThat(run(admin, filtered)).isEqualTo("OK");
    assertThat(times("")).isEmpty();

    var unused =
        admin.delete(
            "/admin/datastore/main/snapshots",
            Map.of(
                "ns", "team/web",
                "backup-type", "host",
                "backup-id", "web",
                "backup-time", Long.toString(WEB.time())));
    assertThat(run(admin, fromMain())).isEqualTo("OK");
    assertThat(times("team/web")).hasSize(2);
    assertThat(run(admin, fromMain().put("remove-vanished", true))).isEqualTo("OK");
    assertThat(times("team/web")).containsExactly(Long.toString(NEWER.time()));
    assertThat(admin.get("/admin/datastore/copies/namespace").findValuesAsText("ns"))
        .doesNotContain("web");
  }

  @Test
  void storeIsNoSourceForItself() {
    String refusal = "source and target datastore can't be the same";
    ObjectNode same = fromMain().put("remote-store", "copies").put("remote-ns", "a").put("ns", "b");
    assertThatThrownBy(() -> admin.post("/pull", same)).hasMessageContaining(refusal);
    assertThatThrownBy(() -> admin.post("/config/sync", same.deepCopy().put("id", "round")))
        .hasMessageContaining(refusal);
    var unused = admin.post("/config/sync", fromMain().put("id", "fine"));
    ObjectNode change = JsonNodeFactory.instance.objectNode().put("store", "main");
    assertThatThrownBy(() -> admin.put("/config/sync/fine", change)).hasMessageContaining(refusal);
    assertThat(admin.get("/config/sync").findValuesAsText("id")).containsExactly("fine");
  }

  @Test
  void whatCannotBeIsRefusedAtOnce() {
    assertThatThrownBy(() -> admin.post("/pull", fromMain().put("remote-store", "absent")))
        .hasMessageContaining("absent");
    assertThatThrownBy(
            () ->
                admin.post(
                    "/config/sync", fromMain().put("id", "p01").put("sync-direction", "push")))
        .hasMessageContaining("permission check failed");
    assertThatThrownBy(() -> admin.post("/push", fromMain())).hasMessageContaining("remote");
    assertThat(run(admin, fromMain().put("remote-ns", "absent"))).contains("absent");
  }

  @Test
  void pullTakesWhatItsOwnerMayRead() {
    Credential.Password user = node.user("operator@pbs", "some password");
    node.allow(user.user(), "/datastore/copies", "DatastoreAdmin");
    RemoteNode operator = node.client(user);
    assertThatThrownBy(() -> operator.post("/pull", fromMain()))
        .hasMessageContaining("permission check failed");
    // A job is asked when it runs.
    var unused =
        operator.post("/config/sync", fromMain().put("id", "mine").put("owner", "operator@pbs"));
    assertThat(tasks.ended(operator.post("/admin/sync/mine/run", null).asText()))
        .contains("may read nothing in namespace '' of datastore 'main'");
    assertThat(times("")).isEmpty();

    node.allow(user.user(), "/datastore/main", "DatastoreBackup");
    SnapshotId own = GroupId.parse("host/own").at(1_700_000_000);
    SmallUpload.run(operator, TestNode.STORE, Namespace.ROOT, own, 4);
    assertThat(run(operator, fromMain())).isEqualTo("OK");
    assertThat(admin.get("/admin/datastore/copies/groups").findValuesAsText("backup-id"))
        .containsExactly("own");

    node.allow(user.user(), "/datastore/main/team", "DatastoreReader");
    assertThat(run(operator, fromMain().put("remote-ns", "team").put("ns", ""))).isEqualTo("OK");
    assertThat(times("web")).hasSize(2);
  }
}
