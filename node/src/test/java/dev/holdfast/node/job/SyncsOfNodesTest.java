package dev.holdfast.node.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.node.testing.TestSites;
import dev.holdfast.replication.mesh.VirtualAddress;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.SlowLine;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: what goes wrong between two sites is one clear error, ends by itself when its cause
 * does, and never takes backup, restore or a schedule with it. Paris pulls from lyon.
 */
final class SyncsOfNodesTest {
  private static final long TIME = 1_700_000_000;
  private static final Namespace COPIES = Namespace.parse("copies");
  private static final SnapshotId WEB = GroupId.parse("host/web").at(TIME);

  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(10);

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private final TestSites sites;

  SyncsOfNodesTest(@TempDir Path directory) throws IOException {
    sites = new TestSites(VERTX, directory, "lyon", "paris");
  }

  @AfterEach
  void stop() {
    sites.close();
  }

  private TestNode lyonWithABackup() throws IOException {
    TestNode lyon = sites.start("lyon");
    TestSites.backUp(lyon, Namespace.ROOT, WEB, 1);
    return lyon;
  }

  private TestNode paris(String peer, String when, String... more) throws IOException {
    String sync = "  - { id: copy, pull: lyon:main, into: main/copies, when: \"" + when + "\" }";
    String[] yaml = new String[more.length + 4];
    System.arraycopy(new String[] {"peers:", peer, "sync:", sync}, 0, yaml, 0, 4);
    System.arraycopy(more, 0, yaml, 4, more.length);
    return sites.start("paris", yaml);
  }

  @Test
  void scheduleBackupAndRestoreGoOnWithoutAMember() throws IOException {
    VirtualAddress address = new VirtualAddress(250, (int) (ProcessHandle.current().pid() % 250));
    try (ServerSocket taken =
        new ServerSocket(
            VirtualAddress.MEMBER_PORT, 1, InetAddress.getByName(address.toString()))) {
      lyonWithABackup();
      TestNode paris = paris(sites.peer("lyon"), "*:*:*", sites.mesh(address.toString()));
      Await.until("the member gives up", TestSites.SOON, () -> state(paris).equals("failed"));
      JsonNode status = paris.admin().get("/mesh/status");
      assertThat(status.path("reason").asText())
          .contains(address + ":" + VirtualAddress.MEMBER_PORT)
          .contains("in use");
      assertThat(taken.isBound()).isTrue();
      TestSites.awaitTransfer(paris, WEB);
      TestSites.readAll(paris, COPIES, WEB, 1);
      SnapshotId own = GroupId.parse("vm/7").at(TIME);
      TestSites.backUp(paris, Namespace.ROOT, own, 2);
      TestSites.readAll(paris, Namespace.ROOT, own, 2);
    }
  }

  private static String state(TestNode node) {
    return node.admin().get("/mesh/status").path("state").asText();
  }

  @Test
  void peerThatWasDownIsAskedAgain() throws IOException {
    TestNode lyon = lyonWithABackup();
    assertThat(lyon.address()).isEqualTo(sites.address("lyon"));
    sites.stop("lyon");
    TestNode paris = paris(sites.peer("lyon"), "yearly");
    String failure = TestSites.run(paris, "copy");
    assertThat(failure).startsWith("peer 'lyon': cannot reach " + sites.address("lyon"));
    assertThat(TestSites.failures(paris)).containsExactly(failure);
    assertThat(TestSites.sync(paris, "copy").path("last-run-state").asText()).isEqualTo(failure);
    var unused = sites.start("lyon");
    TestSites.awaitTransfer(paris, WEB);
    TestSites.readAll(paris, COPIES, WEB, 1);
    TestSites.awaitIdle(paris, "copy");
    assertThat(TestSites.sync(paris, "copy").path("last-run-state").asText()).isEqualTo("OK");
  }

  @Test
  void wrongCertificateIsSaidWithBothFingerprintsAndNothingMoves() throws IOException {
    TestNode lyon = lyonWithABackup();
    String peer = sites.peer("lyon", sites.address("lyon"), sites.fingerprint("paris"));
    TestNode paris = paris(peer, "yearly");
    assertThat(TestSites.run(paris, "copy"))
        .startsWith("peer 'lyon': ")
        .contains(sites.address("lyon").toString())
        .contains(lyon.fingerprint().toString())
        .contains(paris.fingerprint().toString());
    assertThat(TestSites.namespaces(paris)).doesNotContain(COPIES.toString());
    assertThatThrownBy(() -> paris.admin().get("/mesh/syncs/copy/plan"))
        .hasMessageContaining(lyon.fingerprint().toString());
  }

  @Test
  void planTellsWhatARunDoes() throws IOException {
    lyonWithABackup();
    TestNode paris = paris(sites.peer("lyon"), "yearly");
    JsonNode before = paris.admin().get("/mesh/syncs/copy/plan");
    assertThat(before.path("lines").toString()).contains(WEB.group().toString());
    assertThat(TestSites.namespaces(paris)).doesNotContain(COPIES.toString());
    assertThat(TestSites.run(paris, "copy")).isEqualTo("OK");
    TestSites.readAll(paris, COPIES, WEB, 1);
    JsonNode after = paris.admin().get("/mesh/syncs/copy/plan");
    assertThat(before.path("plan").path("empty").asBoolean()).isFalse();
    assertThat(after.path("plan").path("empty").asBoolean()).isTrue();
    assertThatThrownBy(() -> paris.admin().get("/mesh/syncs/other/plan"))
        .hasMessage("no such sync 'other'");
    assertThatThrownBy(() -> paris.admin().post("/mesh/syncs/other/run", null))
        .hasMessage("no such sync 'other'");
  }

  @Test
  void nodeStopsInTheMiddleOfAPullAndListsNothingOfIt() throws IOException {
    TestNode lyon = lyonWithABackup();
    try (SlowLine line = new SlowLine(VERTX.vertx(), lyon.address(), Duration.ofMillis(500))) {
      TestNode paris = paris(sites.peer("lyon", line.address(), lyon.fingerprint()), "yearly");
      String task = paris.admin().post("/mesh/syncs/copy/run", null).asText();
      Path begun = sites.store("paris").resolve("ns/copies/host/web").resolve(WEB.timeText());
      Await.until("the snapshot is begun", TestSites.SOON, () -> Files.isDirectory(begun));
      assertThat(TestSites.sync(paris, "copy").path("task").asText()).isEqualTo(task);
      assertThatThrownBy(() -> paris.admin().post("/mesh/syncs/copy/run", null))
          .hasMessage("sync 'copy' is running already");
      long began = System.nanoTime();
      sites.stop("paris");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(STOP_TIME_MAX);
    }
    try (Datastore store = TestStores.open(sites.store("paris"))) {
      assertThat(store.lastFinished(COPIES, WEB.group())).isEmpty();
    }
  }

  @Test
  void nodeStopsThoughAPeerDoesNotAnswer() throws IOException {
    TestNode lyon = sites.start("lyon");
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      HostAndPort address = new HostAndPort("127.0.0.1", silent.getLocalPort());
      String peer = sites.peer("lyon", address, lyon.fingerprint());
      TestNode paris = paris(peer, "yearly");
      String task = paris.admin().post("/mesh/syncs/copy/run", null).asText();
      assertThat(silent.accept().isConnected()).isTrue();
      long began = System.nanoTime();
      sites.stop("paris");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(STOP_TIME_MAX);
      TestNode again = paris(peer, "yearly");
      JsonNode status = again.admin().get("/nodes/localhost/tasks/" + task + "/status");
      assertThat(status.path("exitstatus").asText()).isEqualTo("task aborted");
    }
  }
}
