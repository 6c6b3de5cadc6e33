package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.chunkstore.verify.SnapshotVerifier;
import dev.holdfast.node.testing.NodeProcess;
import dev.holdfast.node.testing.NodeProgram;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a node may lose its process at any moment and lists only what can be restored. Two
 * nodes run as processes, lyon takes backups, paris pulls them; at {@value #KILLS} random moments
 * one of them is killed (SIGKILL) and started again on the same directory.
 *
 * <p>After each kill everything that the dead node's directory lists is verified, chunk by chunk,
 * and every backup that was acknowledged is there. In the end a pull goes through, and both hold
 * the same. The moments follow from a printed seed; {@code -Dholdfast.seed=} sets it.
 */
final class KillTest {
  private static final int KILLS = 50;
  private static final int WORK_MILLIS_MAX = 600;
  private static final int BACKUPS_PER_KILL_MAX = 5;
  private static final int GROUPS = 3;
  private static final int CHUNKS = 6;
  private static final int CHUNK_BYTES = 20_000;
  private static final String SYNC = "from-lyon";
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory = Path.of("");

  private final long seed =
      Long.getLong("holdfast.seed", System.nanoTime() ^ ProcessHandle.current().pid());
  private final Random random = new Random(seed);
  private final Vertx vertx = NodeVertx.create(1);
  private final ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor();
  private final Set<SnapshotId> acknowledged = new TreeSet<>();
  private int worksCutShort;
  private long lastTime = 1_717_977_600;

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void whatIsListedAfterAKillCanBeRestored() throws IOException {
    System.out.println("KillTest: -Dholdfast.seed=" + seed);
    NodeProgram program = NodeProgram.prepare(directory);
    try (NodeProcess lyon = NodeProcess.prepare(program, home("lyon"), yaml("lyon"));
        NodeProcess paris = NodeProcess.prepare(program, home("paris"), yaml("paris"))) {
      lyon.start();
      lyon.awaitReady();
      introduce(lyon);
      lyon.stop(); // in order, once: later starts are faster
      lyon.awaitEnd();
      lyon.start();
      paris.start();
      boolean lyonIsNew = true;
      boolean parisIsNew = true;
      for (int kill = 0; kill < KILLS; kill++) {
        // Every second kill hits a backup, so that the other node can start meanwhile.
        if (kill % 2 == 0) {
          lyonIsNew = ready(lyon, lyonIsNew);
          killDuringBackups(lyon);
          lyonIsNew = true;
        } else {
          lyonIsNew = ready(lyon, lyonIsNew);
          parisIsNew = ready(paris, parisIsNew);
          boolean source = random.nextInt(4) == 0;
          killDuringPull(paris, source ? lyon : paris);
          lyonIsNew |= source;
          parisIsNew |= !source;
        }
      }
      ready(lyon, lyonIsNew);
      ready(paris, parisIsNew);
      bothHoldTheSame(lyon, paris);
      assertThat(worksCutShort).as("works that a kill cut short").isPositive();
    } finally {
      killer.shutdownNow();
      NodeVertx.await(vertx.close(), SOON);
    }
  }

  /** Always false: what the flag of a node that is up must be. */
  private static boolean ready(NodeProcess node, boolean isNew) throws IOException {
    if (isNew) {
      node.awaitReady();
    }
    return false;
  }

  // ---- the two nodes ----

  private Path home(String site) {
    return directory.resolve(site);
  }

  private List<String> yaml(String site) throws IOException {
    Path store = TestStores.bare(home(site).resolve("store"));
    List<String> lines = new ArrayList<>();
    lines.add("site: " + site);
    lines.add("datastores:");
    lines.add(TestNode.declare(TestNode.STORE, store));
    return lines;
  }

  /** Gives paris a token of lyon, and a sync that runs when it is told to. */
  private void introduce(NodeProcess lyon) throws IOException {
    Path home = home("paris");
    try (RemoteNode admin = lyon.admin(vertx)) {
      var user = TestNode.json("userid", "paris@pbs");
      var unused = admin.post("/access/users", user);
      String secret =
          admin
              .post("/access/users/paris@pbs/token/pull", JsonNodeFactory.instance.objectNode())
              .path("value")
              .textValue();
      Path file =
          Files.createFile(
              home.resolve("lyon.token"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(file, secret);
      for (String who : List.of("paris@pbs", "paris@pbs!pull")) {
        unused =
            admin.put(
                "/access/acl",
                TestNode.json("path", "/datastore/main")
                    .put("role", "DatastoreReader")
                    .put("auth-id", who));
      }
    }
    List<String> lines = new ArrayList<>(yaml("paris"));
    lines.add("peers:");
    lines.add(
        "  lyon: { url: 'https://"
            + lyon.address()
            + "', fingerprint: '"
            + lyon.fingerprint()
            + "', token: paris@pbs!pull, secret-file: lyon.token }");
    lines.add("sync:");
    lines.add("  - { id: " + SYNC + ", pull: 'lyon:main', into: main, when: 'yearly' }");
    Files.write(home.resolve("mesh.yaml"), lines);
  }

  // ---- kills ----

  private void killDuringBackups(NodeProcess lyon) throws IOException {
    try (RemoteNode client = lyon.admin(vertx)) {
      killSoon(lyon);
      for (int i = 0; i < BACKUPS_PER_KILL_MAX; i++) {
        SnapshotId snapshot = next();
        SmallUpload.run(
            client, TestNode.STORE, Namespace.ROOT, snapshot, snapshot.time(), CHUNKS, CHUNK_BYTES);
        acknowledged.add(snapshot);
      }
    } catch (BackupException e) {
      cutShort(e);
    }
    lyon.awaitEnd();
    assertThat(listed("lyon")).containsAll(acknowledged);
    lyon.start();
  }

  private SnapshotId next() {
    lastTime += 60;
    return new GroupId(BackupType.HOST, "web" + random.nextInt(GROUPS)).at(lastTime);
  }

  private void killDuringPull(NodeProcess paris, NodeProcess victim) throws IOException {
    try (RemoteNode admin = paris.admin(vertx)) {
      killSoon(victim);
      var unused = runPull(admin);
    } catch (BackupException e) {
      cutShort(e);
    }
    victim.awaitEnd();
    var unused = listed(victim == paris ? "paris" : "lyon");
    victim.start();
  }

  /** Waits for the end, and before for that of a second try of an earlier one; gives its status. */
  private static String runPull(RemoteNode admin) {
    Await.until(
        "no pull to run",
        SOON,
        () ->
            admin
                .get("/nodes/localhost/tasks", Map.of("running", "true", "typefilter", "syncjob"))
                .isEmpty());
    String upid = admin.post("/mesh/syncs/" + SYNC + "/run", null).textValue();
    String path = "/nodes/localhost/tasks/" + upid + "/status";
    Await.until(
        "the pull ends", SOON, () -> admin.get(path).path("status").textValue().equals("stopped"));
    return admin.get(path).path("exitstatus").textValue();
  }

  private void cutShort(BackupException failure) {
    assertThat(failure.kind()).as("%s", failure).isEqualTo(Kind.PEER_UNREACHABLE);
    worksCutShort++;
  }

  /** Sooner rather than later: the works are short. */
  private void killSoon(NodeProcess victim) {
    int millis = random.nextInt(1 + random.nextInt(WORK_MILLIS_MAX));
    var unused = killer.schedule(victim::kill, millis, TimeUnit.MILLISECONDS);
  }

  // ---- what must hold ----

  /** The snapshots that the directory of a dead node lists; each must be restorable. */
  private Set<SnapshotId> listed(String site) {
    Set<SnapshotId> listed = new TreeSet<>();
    List<String> problems = new ArrayList<>();
    try (Datastore store = TestStores.open(home(site).resolve("store"))) {
      SnapshotVerifier verifier = new SnapshotVerifier(store);
      for (GroupId group : store.groups(Namespace.ROOT)) {
        for (SnapshotId snapshot : store.snapshots(Namespace.ROOT, group)) {
          if (store.isFinished(Namespace.ROOT, snapshot)) {
            listed.add(snapshot);
            problems.addAll(verifier.verify(Namespace.ROOT, snapshot));
          }
        }
      }
    }
    assertThat(problems).as("at %s, seed %d", site, seed).isEmpty();
    return listed;
  }

  private void bothHoldTheSame(NodeProcess lyon, NodeProcess paris) throws IOException {
    try (RemoteNode client = lyon.admin(vertx);
        RemoteNode admin = paris.admin(vertx)) {
      for (int group = 0; group < GROUPS; group++) {
        lastTime += 60;
        SnapshotId snapshot = new GroupId(BackupType.HOST, "web" + group).at(lastTime);
        SmallUpload.run(client, TestNode.STORE, Namespace.ROOT, snapshot, group);
      }
      assertThat(runPull(admin)).isEqualTo("OK");
      JsonNode here = client.get("/admin/datastore/main/snapshots");
      assertThat(here).allSatisfy(one -> assertThat(one.has("size")).isTrue());
    }
    lyon.stop();
    paris.stop();
    lyon.awaitEnd();
    paris.awaitEnd();
    assertThat(listed("paris")).isEqualTo(listed("lyon")).containsAll(acknowledged);
  }
}
