package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.testing.TestNode;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an operator meets when he starts and stops a node: tight modes, one node per state
 * directory, clear refusals, and a broken datastore that stops nothing else.
 */
final class NodeTest {
  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private TestNode start(String... yaml) throws IOException {
    return TestNode.configured(strict, directory, yaml);
  }

  @Test
  void firstStartMakesAnAdministratorWithAPasswordOfHisOwn() throws IOException {
    try (TestNode node = start()) {
      Secret password = SecretFiles.read(node.state().resolve("admin-password"));
      assertThat(mode(node.state())).isEqualTo("rwx------");
      assertThat(mode(node.state().resolve("admin-password"))).isEqualTo("rw-------");
      assertThat(mode(node.state().resolve("proxy.key"))).isEqualTo("rw-------");
      AuthId admin = AuthId.parse("admin@pbs");
      RemoteNode client = node.client(new Credential.Password(admin, password));
      assertThat(client.get("/version").path("version").asText()).isNotEmpty();
      assertThat(client.get("/access/users")).isNotEmpty();
      RemoteNode stranger = node.client(new Credential.Password(admin, new Secret("wrong")));
      assertThatThrownBy(() -> stranger.get("/version")).satisfies(kind(Kind.UNAUTHENTICATED));
    }
  }

  @Test
  void restartKeepsCertificateAndPassword() throws IOException {
    Path state = directory.resolve("state");
    String fingerprint;
    try (TestNode node = start()) {
      fingerprint = node.fingerprint().toString();
      assertThat(state.resolve(Node.LISTEN_ADDRESS_FILE)).exists();
    }
    String password = Files.readString(state.resolve("admin-password"));
    assertThat(state.resolve(Node.LISTEN_ADDRESS_FILE)).doesNotExist();
    try (TestNode node = start()) {
      assertThat(node.fingerprint()).hasToString(fingerprint);
      assertThat(state.resolve("admin-password")).hasContent(password);
    }
  }

  @Test
  void secondNodeOnTheSameStateDirectoryIsRefused() throws IOException {
    try (TestNode node = start()) {
      assertThatThrownBy(this::start).satisfies(kind(Kind.LOCKED));
      assertThat(node.admin().get("/ping").path("pong").asBoolean()).isTrue();
    }
  }

  @Test
  void portInUseIsOneClearErrorAndLeavesNothingBehind() throws IOException {
    try (TestNode first = start()) {
      Path state = directory.resolve("two");
      NodeOptions same = new NodeOptions(state, null, first.address());
      assertThatThrownBy(() -> Node.start(same, strict.vertx()))
          .satisfies(kind(Kind.INVALID_INPUT))
          .hasMessageContaining("the port is in use")
          .hasMessageContaining(first.address().toString());
    }
    Node.start(new NodeOptions(directory.resolve("two"), null, TestNode.ANY_PORT), strict.vertx())
        .close();
  }

  @Test
  void invalidConfigurationNamesFileLineAndColumn() {
    assertThatThrownBy(() -> start("site: a", "datastores: 7"))
        .satisfies(kind(Kind.INVALID_INPUT))
        .hasMessageContaining("mesh.yaml:2:13");
  }

  @Test
  void datastoreThatCannotBeMadeStopsNothingElse() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    try (TestNode node =
        start(
            "site: a",
            "datastores:",
            TestNode.declare(new DatastoreName("good"), TestStores.bare(directory.resolve("good"))),
            TestNode.declare(new DatastoreName("bad"), file.resolve("below")))) {
      assertThat(node.admin().get("/admin/datastore/good/groups")).isEmpty();
      assertThatThrownBy(() -> node.admin().get("/admin/datastore/bad/groups"))
          .hasMessageContaining("datastore 'bad' cannot be opened")
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void datastoreWhoseDiskIsNotMountedDoesNotBeginAnew() throws IOException {
    Path disk = TestStores.bare(directory.resolve("disk"));
    String[] yaml = {"site: a", "datastores:", TestNode.declare(new DatastoreName("main"), disk)};
    start(yaml).close();
    Path unplugged = Files.move(disk, directory.resolve("unplugged"));
    Files.createDirectory(disk); // the mount point
    try (TestNode node = start(yaml)) {
      assertThatThrownBy(() -> node.admin().get("/admin/datastore/main/groups"))
          .hasMessageContaining("is not there now");
      assertThat(disk).isEmptyDirectory();
    }
    Files.delete(disk);
    Files.move(unplugged, disk);
    try (TestNode node = start(yaml)) {
      assertThat(node.admin().get("/admin/datastore/main/groups")).isEmpty();
    }
  }

  @Test
  void nodeWithoutMeshSaysSo() throws IOException {
    try (TestNode node = start("site: lyon")) {
      JsonNode status = node.admin().get("/mesh/status");
      assertThat(status.path("site").asText()).isEqualTo("lyon");
      assertThat(status.path("state").asText()).isEqualTo("off");
      assertThat(status.path("reason").asText()).contains("no mesh section");
      assertThatThrownBy(() -> node.admin().post("/mesh/syncs/nothing/run", null))
          .hasMessageContaining("no such sync 'nothing'");
    }
  }

  @Test
  void stopsWithinTenSeconds() throws IOException {
    TestNode node = start();
    var unused = node.admin().get("/version");
    long began = System.nanoTime();
    node.stop();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    node.close();
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static Consumer<Throwable> kind(Kind kind) {
    return e ->
        assertThat(e)
            .isInstanceOfSatisfying(
                BackupException.class, known -> assertThat(known.kind()).isEqualTo(kind));
  }
}
