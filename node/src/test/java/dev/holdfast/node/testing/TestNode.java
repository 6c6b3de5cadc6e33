package dev.holdfast.node.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.meshconfig.SecretFiles;
import dev.holdfast.node.Node;
import dev.holdfast.node.NodeOptions;
import dev.holdfast.node.access.AccessState;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node in a directory of its own, on loopback and any free port, with the users and clients that
 * a test asks for. Closing it closes the clients too; a second one on the same directory is the
 * same node again.
 */
public final class TestNode implements AutoCloseable {
  /** The datastore of a node that {@link #start(StrictVertx, Path)} gives. */
  public static final DatastoreName STORE = new DatastoreName("main");

  public static final HostAndPort ANY_PORT = new HostAndPort("127.0.0.1", 0);

  private final StrictVertx strict;
  private final Path state;
  private final Node node;
  private final List<AutoCloseable> clients = new ArrayList<>();
  private @Nullable RemoteNode admin;

  private TestNode(StrictVertx strict, Path state, Node node) {
    this.strict = strict;
    this.state = state;
    this.node = node;
  }

  /** With one datastore, {@link #STORE}, empty if this is the first start. */
  public static TestNode start(StrictVertx strict, Path directory) throws IOException {
    Path store = TestStores.bare(directory.resolve(STORE.text()));
    return configured(strict, directory, "site: lyon", "datastores:", declare(STORE, store));
  }

  /** A line of {@code mesh.yaml}, below {@code datastores:}. */
  public static String declare(DatastoreName name, Path path) {
    return "  " + name + ": { path: " + path + " }";
  }

  /**
   * With the given {@code mesh.yaml}, without any if there are no lines.
   *
   * @param directory holds the state directory, {@code state}, and the configuration
   */
  public static TestNode configured(StrictVertx strict, Path directory, String... yaml)
      throws IOException {
    return configured(strict, directory, ANY_PORT, yaml);
  }

  /** The same at an address that the test has told others. */
  public static TestNode configured(
      StrictVertx strict, Path directory, HostAndPort listen, String... yaml) throws IOException {
    Path config = null;
    if (yaml.length > 0) {
      config = directory.resolve("mesh.yaml");
      Files.writeString(config, String.join("\n", yaml) + "\n");
    }
    Path state = directory.resolve("state");
    return new TestNode(
        strict, state, Node.start(new NodeOptions(state, config, listen), strict.vertx()));
  }

  public Path state() {
    return state;
  }

  public HostAndPort address() {
    return node.address();
  }

  public Fingerprint fingerprint() {
    return node.fingerprint();
  }

  /** For clients that are not ours. */
  public PinnedTrust trust() {
    return PinnedTrust.of(node.fingerprint());
  }

  /** Who can read the state directory may do everything. */
  public RemoteNode admin() {
    if (admin == null) {
      Secret local = SecretFiles.read(state.resolve(AccessState.LOCAL_SECRET_FILE));
      admin = client(new Credential.Local(local));
    }
    return admin;
  }

  /** Closed with the node. */
  public RemoteNode client(Credential credential) {
    return closing(
        new RemoteNode(
            strict.vertx(), node.address(), trust(), credential, WireClient.ANSWER_TIMEOUT));
  }

  /** Closes it, before the node, when the test ends. */
  public <T extends AutoCloseable> T closing(T client) {
    clients.add(client);
    return client;
  }

  /** A new user that may do nothing yet. */
  public Credential.Password user(String id, String password) {
    ObjectNode user = object().put("userid", id).put("password", password);
    var unused = admin().post("/access/users", user);
    return new Credential.Password(AuthId.parse(id), new Secret(password));
  }

  /** A new token of a user that exists; it may do nothing yet. */
  public Credential.Token token(AuthId user, String name) {
    String secret =
        admin()
            .post("/access/users/" + user + "/token/" + name, object())
            .path("value")
            .textValue();
    return new Credential.Token(user.withToken(name), new Secret(secret));
  }

  /** A new token of a new user, {@code NAME@pbs!test}, who both have a role on a path. */
  public Credential.Token token(String name, String path, String role) {
    AuthId user = user(name + "@pbs", "password of " + name).user();
    Credential.Token token = token(user, "test");
    allow(user, path, role);
    allow(token.id(), path, role);
    return token;
  }

  /** Below the path, too. */
  public void allow(AuthId who, String path, String role) {
    ObjectNode entry = object().put("path", path).put("role", role).put("auth-id", who.toString());
    var unused = admin().put("/access/acl", entry);
  }

  /** An object of one text. */
  public static ObjectNode json(String name, String value) {
    return object().put(name, value);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  @Override
  public void close() {
    for (AutoCloseable client : clients.reversed()) {
      try {
        client.close();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
    clients.clear();
    stop();
  }

  /** As an operator stops it, with its clients still connected. */
  public void stop() {
    node.close();
  }
}
