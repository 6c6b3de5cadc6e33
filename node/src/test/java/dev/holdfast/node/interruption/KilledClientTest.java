package dev.holdfast.node.interruption;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.node.NodeVertx;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.node.testing.NodeProcess;
import dev.holdfast.node.testing.NodeProgram;
import dev.holdfast.node.testing.SmallUpload;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.Await;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: a client that is killed (SIGKILL) in the middle of its session costs the node nothing:
 * no file, no connection and no lock stays open. Node and client are processes; what the node has
 * open is what the system says of it.
 */
@EnabledOnOs(OS.LINUX)
final class KilledClientTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final GroupId GROUP = new GroupId(BackupType.HOST, "web");
  private static final SnapshotId FIRST = GROUP.at(1_700_000_000);
  private static final SnapshotId SECOND = GROUP.at(1_700_000_100);

  private final Vertx vertx = NodeVertx.create(1);
  private final Path directory;
  private final NodeProgram program;
  private final NodeProcess node;

  KilledClientTest(@TempDir Path directory) throws IOException {
    this.directory = directory;
    program = NodeProgram.prepare(directory);
    Path store = TestStores.bare(directory.resolve("lyon/store"));
    List<String> yaml =
        List.of("site: lyon", "datastores:", TestNode.declare(TestNode.STORE, store));
    node = NodeProcess.prepare(program, directory.resolve("lyon"), yaml);
  }

  @BeforeEach
  void start() throws IOException {
    node.start();
    node.awaitReady();
  }

  @AfterEach
  void end() {
    node.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void killedClientsLeaveNoFileConnectionOrLockOpen() throws IOException {
    try (RemoteNode admin = node.admin(vertx)) {
      SmallUpload.run(admin, TestNode.STORE, Namespace.ROOT, FIRST, 1);
      Await.until("no session", SOON, () -> running(admin) == 0);
      long before = openHandles().size();

      killAfterOpening(admin, "backup", SECOND, before);
      SmallUpload.run(admin, TestNode.STORE, Namespace.ROOT, SECOND, 2); // takes the group's lock
      awaitHandles(before);

      killAfterOpening(admin, "reader", FIRST, before);
      var unused = // not refused: nobody reads it
          admin.delete(
              "/admin/datastore/main/snapshots",
              Map.of(
                  "backup-type", "host",
                  "backup-id", GROUP.id(),
                  "backup-time", Long.toString(FIRST.time())));
    }
  }

  private void killAfterOpening(RemoteNode admin, String kind, SnapshotId snapshot, long before)
      throws IOException {
    Process client =
        new ProcessBuilder(program.command(HeldSession.class, arguments(kind, snapshot)))
            .redirectError(directory.resolve(kind + ".log").toFile())
            .start();
    assertThat(client.inputReader().readLine())
        .as("%s: %s", kind, Files.readString(directory.resolve(kind + ".log")))
        .isEqualTo(HeldSession.OPEN);
    assertThat(running(admin)).isEqualTo(1);
    int held = openHandles().size();
    assertThat((long) held).isGreaterThan(before);

    var unused = client.destroyForcibly().onExit().join();

    Await.until("the end of the session", SOON, () -> running(admin) == 0);
    awaitHandles(before);
    System.out.printf(
        "%s: %d handles before, %d in the session, %d after the kill%n",
        kind, before, held, openHandles().size());
  }

  private List<String> arguments(String kind, SnapshotId snapshot) {
    Path secret = directory.resolve("lyon/state").resolve(AccessState.LOCAL_SECRET_FILE);
    return List.of(
        kind,
        node.address().toString(),
        node.fingerprint().toString(),
        secret.toString(),
        snapshot.toString());
  }

  private static int running(RemoteNode admin) {
    return admin.get("/nodes/localhost/tasks", Map.of("running", "true")).size();
  }

  private void awaitHandles(long count) {
    try {
      Await.until("as many handles as before", SOON, () -> openHandles().size() <= count);
    } catch (AssertionError e) {
      throw new AssertionError("open: " + openHandles(), e);
    }
  }

  /** Sockets, and files of the node's own; what the JVM opens for itself comes and goes. */
  private Set<String> openHandles() {
    Set<String> found = new TreeSet<>();
    try (Stream<Path> handles = Files.list(Path.of("/proc", Long.toString(node.pid()), "fd"))) {
      for (Path handle : handles.toList()) {
        String target = target(handle);
        if (target.startsWith("socket:")
            || target.startsWith(directory.resolve("lyon").toString())) {
          found.add(handle.getFileName() + " " + target);
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path handle) throws IOException {
    try {
      return Files.readSymbolicLink(handle).toString();
    } catch (NoSuchFileException e) {
      return ""; // closed in between
    }
  }
}
