package dev.holdfast.node.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.node.testing.TestSites;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a backup finished at one site is soon safe at the others, whoever is to bring it there.
 * Three nodes in one mesh: paris pulls from lyon, rome from paris, lyon pushes to paris, and one
 * transfer from lyon to paris is configured at both.
 */
final class MeshOfNodesTest {
  private static final long TIME = 1_700_000_000;
  private static final GroupId VM = GroupId.parse("vm/100");

  @RegisterExtension static final StrictVertx VERTX = new StrictVertx();

  private static TestSites sites;
  private static TestNode lyon;
  private static TestNode paris;
  private static TestNode rome;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    sites = new TestSites(VERTX, directory, "lyon", "paris", "rome");
    lyon =
        sites.start(
            "lyon",
            sites.mesh(),
            "peers:",
            sites.peer("paris"),
            sites.peer("rome"),
            "sync:",
            "  - { id: push, push: main/out, to: paris:main/sites/lyon, when: event }",
            "  - { id: both-push, push: main/both, to: paris:main/both, when: event }");
    // What syncs look at some seconds after the start.
    for (String source : List.of("web", "out", "both")) {
      TestSites.create(lyon, Namespace.parse(source));
    }
    paris =
        sites.start(
            "paris",
            sites.mesh(),
            "peers:",
            sites.peer("lyon"),
            sites.peer("rome"),
            "sync:",
            "  - { id: pull, pull: lyon:main/web, into: main/copies/lyon, when: event }",
            "  - { id: both-pull, pull: lyon:main/both, into: main/both, when: event, owner: "
                + TestSites.TOKEN
                + " }");
    TestSites.create(paris, Namespace.parse("copies"));
    rome =
        sites.start(
            "rome",
            sites.mesh(),
            "peers:",
            sites.peer("lyon"),
            sites.peer("paris"),
            "sync:",
            "  - { id: relay, pull: paris:main/copies, into: main/relayed, when: event }");
    for (TestNode node : List.of(lyon, paris, rome)) {
      Await.until(
          "all three are in the mesh",
          TestSites.SOON,
          () -> node.admin().get("/mesh/status").path("members").size() == 3);
    }
  }

  @AfterAll
  static void stop() {
    sites.close();
  }

  private static boolean tellsNewest(TestNode node, String site, Namespace namespace, long time) {
    for (JsonNode status : node.admin().get("/mesh/status").path("statuses")) {
      if (status.path("site").asText().equals(site)
          && status.path("ns").asText().equals(namespace.toString())
          && status.path("newest-time").asLong() == time) {
        return true;
      }
    }
    return false;
  }

  @Test
  void finishedBackupIsRestorableAtThePeerAndThenAtItsPeer() {
    SnapshotId snapshot = VM.at(TIME);
    TestSites.backUp(lyon, Namespace.parse("web/shop/db"), snapshot, 1);
    JsonNode first = TestSites.awaitTransfer(paris, snapshot);
    Namespace copy = Namespace.parse("copies/lyon/shop/db");
    assertThat(first.path("sync").asText()).isEqualTo("pull");
    assertThat(first.path("ns").asText()).isEqualTo(copy.toString());
    assertThat(first.path("lag-ms").isNumber()).isTrue();
    assertThat(first.path("lag-ms").asLong()).isBetween(0L, TestSites.SOON.toMillis());
    assertThat(first.path("bytes").asLong()).isPositive();
    TestSites.readAll(paris, copy, snapshot, 1);

    assertThat(TestSites.awaitTransfer(rome, snapshot).path("sync").asText()).isEqualTo("relay");
    Namespace relayed = Namespace.parse("relayed/lyon/shop/db");
    TestSites.readAll(rome, relayed, snapshot, 1);
    Await.until(
        "lyon hears of both copies",
        TestSites.SOON,
        () -> tellsNewest(lyon, "paris", copy, TIME) && tellsNewest(lyon, "rome", relayed, TIME));
  }

  @Test
  void pushStartsWithTheEndOfTheBackup() {
    SnapshotId snapshot = GroupId.parse("host/mail").at(TIME);
    TestSites.backUp(lyon, Namespace.parse("out/office"), snapshot, 2);
    JsonNode pushed = TestSites.awaitTransfer(lyon, snapshot);
    Namespace copy = Namespace.parse("sites/lyon/office");
    assertThat(pushed.path("sync").asText()).isEqualTo("push");
    assertThat(pushed.path("ns").asText()).isEqualTo(copy.toString());
    assertThat(pushed.path("lag-ms").isNumber()).isTrue();
    TestSites.readAll(paris, copy, snapshot, 2);
  }

  @Test
  void transferConfiguredAtBothSidesIsDoneOnce() {
    SnapshotId snapshot = GroupId.parse("host/twice").at(TIME);
    Namespace both = Namespace.parse("both");
    TestSites.backUp(lyon, both, snapshot, 3);
    Await.until(
        "one of them brings it",
        TestSites.SOON,
        () ->
            !TestSites.transfers(lyon, snapshot).isEmpty()
                || !TestSites.transfers(paris, snapshot).isEmpty());
    assertThat(TestSites.run(lyon, "both-push")).isEqualTo("OK");
    assertThat(TestSites.run(paris, "both-pull")).isEqualTo("OK");
    TestSites.readAll(paris, both, snapshot, 3);
    assertThat(
            TestSites.transfers(lyon, snapshot).size()
                + TestSites.transfers(paris, snapshot).size())
        .isEqualTo(1);
    assertThat(TestSites.failures(lyon)).isEmpty();
    assertThat(TestSites.failures(paris)).isEmpty();
  }
}
