package dev.holdfast.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an operator meets when he starts and stops a node: tight modes, one node per state
 * directory, clear refusals, and a broken datastore that stops nothing else.
 */
final class NodeTest {
  private static final HostAndPort ANY_PORT = new HostAndPort("127.0.0.1", 0);

  @RegisterExtension final StrictVertx strict = new StrictVertx();
  @TempDir Path directory = Path.of("");

  private Node start(Path state, String... yaml) throws IOException {
    Path config = null;
    if (yaml.length > 0) {
      config = directory.resolve("mesh.yaml");
      Files.writeString(config, String.join("\n", yaml) + "\n");
    }
    return Node.start(new NodeOptions(state, config, ANY_PORT), strict.vertx());
  }

  private RemoteNode client(Node node, Credential credential) {
    return new RemoteNode(
        strict.vertx(),
        node.address(),
        PinnedTrust.of(node.fingerprint()),
        credential,
        WireClient.ANSWER_TIMEOUT);
  }

  private RemoteNode local(Node node, Path state) {
    return client(
        node, new Credential.Local(SecretFiles.read(state.resolve(AccessState.LOCAL_SECRET_FILE))));
  }

  @Test
  void firstStartMakesAnAdministratorWithAPasswordOfHisOwn() throws IOException {
    Path state = directory.resolve("state");
    try (Node node = start(state)) {
      Secret password = SecretFiles.read(state.resolve("admin-password"));
      assertThat(mode(state)).isEqualTo("rwx------");
      assertThat(mode(state.resolve("admin-password"))).isEqualTo("rw-------");
      assertThat(mode(state.resolve("proxy.key"))).isEqualTo("rw-------");
      AuthId admin = AuthId.parse("admin@pbs");
      try (RemoteNode client = client(node, new Credential.Password(admin, password))) {
        assertThat(client.get("/version").path("version").asText()).isNotEmpty();
        assertThat(client.get("/access/users")).isNotEmpty();
      }
      try (RemoteNode stranger =
          client(node, new Credential.Password(admin, new Secret("wrong")))) {
        assertThatThrownBy(() -> stranger.get("/version")).satisfies(kind(Kind.UNAUTHENTICATED));
      }
    }
  }

  @Test
  void restartKeepsCertificateAndPassword() throws IOException {
    Path state = directory.resolve("state");
    String fingerprint;
    try (Node node = start(state)) {
      fingerprint = node.fingerprint().toString();
    }
    String password = Files.readString(state.resolve("admin-password"));
    assertThat(state.resolve(Node.LISTEN_ADDRESS_FILE)).doesNotExist();
    try (Node node = start(state)) {
      assertThat(node.fingerprint()).hasToString(fingerprint);
      assertThat(state.resolve("admin-password")).hasContent(password);
    }
  }

  @Test
  void secondNodeOnTheSameStateDirectoryIsRefused() throws IOException {
    Path state = directory.resolve("state");
    try (Node node = start(state)) {
      assertThatThrownBy(() -> start(state)).satisfies(kind(Kind.LOCKED));
      assertThat(local(node, state).get("/ping").path("pong").asBoolean()).isTrue();
    }
  }

  @Test
  void portInUseIsOneClearErrorAndLeavesNothingBehind() throws IOException {
    try (Node first = start(directory.resolve("one"))) {
      Path state = directory.resolve("two");
      NodeOptions same = new NodeOptions(state, null, first.address());
      assertThatThrownBy(() -> Node.start(same, strict.vertx()))
          .satisfies(kind(Kind.INVALID_INPUT))
          .hasMessageContaining("the port is in use")
          .hasMessageContaining(first.address().toString());
      start(state).close();
    }
  }

  @Test
  void invalidConfigurationNamesFileLineAndColumn() {
    assertThatThrownBy(() -> start(directory.resolve("state"), "site: a", "datastores: 7"))
        .satisfies(kind(Kind.INVALID_INPUT))
        .hasMessageContaining("mesh.yaml:2:13");
  }

  @Test
  void datastoreThatCannotBeMadeStopsNothingElse() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    Path state = directory.resolve("state");
    try (Node node =
            start(
                state,
                "site: a",
                "datastores:",
                "  good: { path: " + directory.resolve("good") + " }",
                "  bad: { path: " + file.resolve("below") + " }");
        RemoteNode admin = local(node, state)) {
      assertThat(admin.get("/admin/datastore/good/groups")).isEmpty();
      assertThatThrownBy(() -> admin.get("/admin/datastore/bad/groups"))
          .hasMessageContaining("datastore 'bad' cannot be opened")
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void nodeWithoutMeshSaysSo() throws IOException {
    Path state = directory.resolve("state");
    try (Node node = start(state, "site: lyon");
        RemoteNode admin = local(node, state)) {
      JsonNode status = admin.get("/mesh/status");
      assertThat(status.path("site").asText()).isEqualTo("lyon");
      assertThat(status.path("state").asText()).isEqualTo("off");
      assertThat(status.path("reason").asText()).contains("no mesh section");
      assertThatThrownBy(() -> admin.post("/mesh/syncs/nothing/run", null))
          .hasMessageContaining("no such sync 'nothing'");
    }
  }

  @Test
  void stopsWithinTenSeconds() throws IOException {
    Path state = directory.resolve("state");
    Node node = start(state);
    try (RemoteNode idle = local(node, state)) {
      idle.get("/version");
      long began = System.nanoTime();
      node.close();
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static java.util.function.Consumer<Throwable> kind(Kind kind) {
    return e ->
        assertThat(e)
            .isInstanceOfSatisfying(
                BackupException.class, known -> assertThat(known.kind()).isEqualTo(kind));
  }
}
