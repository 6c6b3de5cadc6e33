package dev.holdfast.node.testing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.blob.DataBlob;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.index.ChunkIndex;
import dev.holdfast.chunkstore.manifest.Manifest;
import dev.holdfast.chunkstore.model.ArchiveName;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.chunkstore.testing.TestStores;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.node.NodeIdentity;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.ReaderSession;
import dev.holdfast.replication.testing.Await;
import dev.holdfast.replication.testing.StrictVertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * Several sites on loopback whose nodes know each other: certificates and ports are there before
 * the first one starts. Each has the datastore {@link TestNode#STORE} and one token, {@link
 * #TOKEN}, that its peers use.
 */
public final class TestSites implements AutoCloseable {
  /** At every site the same name, with a secret of its own. */
  public static final String TOKEN = "sync@pbs!test";

  /** Seconds on an idle machine are many more on a busy one. */
  public static final Duration SOON = Duration.ofSeconds(60);

  /** As peers see it. */
  private record Site(HostAndPort address, Fingerprint pin) {}

  private final StrictVertx strict;
  private final Path directory;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Site> sites = new LinkedHashMap<>();
  private final Map<String, TestNode> running = new LinkedHashMap<>();

  public TestSites(StrictVertx strict, Path directory, String... names) throws IOException {
    this.strict = strict;
    this.directory = directory;
    secret("mesh", HexFormat.of().toHexDigits(random.nextLong()));
    for (String name : names) {
      Path home = Files.createDirectories(directory.resolve(name));
      var unused = TestStores.bare(store(name));
      StateDirectory state = StateDirectory.open(new LocalFiles(), home.resolve("state"), random);
      sites.put(name, new Site(freeAddress(), NodeIdentity.open(state).fingerprint()));
    }
  }

  private static HostAndPort freeAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new HostAndPort("127.0.0.1", socket.getLocalPort());
    }
  }

  private void secret(String name, String text) throws IOException {
    Path file = directory.resolve(name + ".secret");
    if (!Files.exists(file)) {
      Files.writeString(file, text + "\n");
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
  }

  /** Of a site's only datastore. */
  public Path store(String name) {
    return directory.resolve(name).resolve(TestNode.STORE.text());
  }

  public HostAndPort address(String name) {
    return site(name).address();
  }

  public Fingerprint fingerprint(String name) {
    return site(name).pin();
  }

  private Site site(String name) {
    Site site = sites.get(name);
    if (site == null) {
      throw new IllegalArgumentException("no site " + name);
    }
    return site;
  }

  /** The line for {@code mesh.yaml} that puts a node into the mesh of these sites. */
  public String mesh() {
    return "mesh: { secret-file: " + directory.resolve("mesh.secret") + " }";
  }

  /** The same, at an address that the site does not choose itself. */
  public String mesh(String address) {
    return mesh().replace(" }", ", address: " + address + " }");
  }

  /** The line for {@code mesh.yaml} that declares a peer, below {@code peers:}. */
  public String peer(String name) {
    return peer(name, address(name), fingerprint(name));
  }

  public String peer(String name, HostAndPort address, Fingerprint pin) {
    return "  %s: { url: \"https://%s\", fingerprint: \"%s\", token: %s, secret-file: %s }"
        .formatted(name, address, pin, TOKEN, directory.resolve(name + ".secret"));
  }

  /**
   * Starts a site's node, also again.
   *
   * @param more lines of its {@code mesh.yaml}, besides its own
   */
  public TestNode start(String name, String... more) throws IOException {
    List<String> yaml = new ArrayList<>();
    yaml.add("site: " + name);
    yaml.add("datastores:");
    yaml.add(TestNode.declare(TestNode.STORE, store(name)));
    yaml.addAll(List.of(more));
    TestNode node =
        TestNode.configured(
            strict, directory.resolve(name), address(name), yaml.toArray(String[]::new));
    running.put(name, node);
    if (!Files.exists(directory.resolve(name + ".secret"))) {
      Credential.Token token = node.token("sync", "/datastore/" + TestNode.STORE, "DatastoreAdmin");
      secret(name, token.secret().reveal());
    }
    return node;
  }

  /** Stops a site's node; it may start again. */
  public void stop(String name) {
    TestNode node = running.remove(name);
    if (node != null) {
      node.close();
    }
  }

  @Override
  public void close() {
    running.values().parallelStream().forEach(TestNode::close);
    running.clear();
  }

  // ---- what tests look at

  /** With its parents; those that exist stay. */
  public static void create(TestNode node, Namespace namespace) {
    Namespace parent = Namespace.ROOT;
    for (String name : namespace.components()) {
      if (!namespaces(node).contains(parent.child(name).toString())) {
        var body = TestNode.json("name", name).put("parent", parent.toString());
        var unused = node.admin().post("/admin/datastore/main/namespace", body);
      }
      parent = parent.child(name);
    }
  }

  /** Creates the namespace as needed, and backs up what follows from the seed. */
  public static void backUp(TestNode node, Namespace namespace, SnapshotId snapshot, long seed) {
    create(node, namespace);
    SmallUpload.run(node.admin(), TestNode.STORE, namespace, snapshot, seed);
  }

  public static List<String> namespaces(TestNode node) {
    return list(node.admin().get("/admin/datastore/main/namespace"), "ns");
  }

  /** What {@code /mesh/lag} tells of one snapshot. */
  public static List<JsonNode> transfers(TestNode node, SnapshotId snapshot) {
    JsonNode found = node.admin().get("/mesh/lag").path("snapshots");
    return StreamSupport.stream(found.spliterator(), false)
        .filter(one -> one.path("snapshot").asText().equals(snapshot.toString()))
        .toList();
  }

  /** Waits until a node knows that the snapshot was transferred, and returns what it tells. */
  public static JsonNode awaitTransfer(TestNode node, SnapshotId snapshot) {
    Await.until(snapshot + " is transferred", SOON, () -> !transfers(node, snapshot).isEmpty());
    return transfers(node, snapshot).getFirst();
  }

  /** Reads all of it, from its manifest to every chunk. */
  public static void readAll(TestNode node, Namespace namespace, SnapshotId snapshot, long seed) {
    try (ReaderSession reader = node.admin().openReader(TestNode.STORE, namespace, snapshot)) {
      Manifest manifest = Manifest.decodeBlob(reader.download(ArchiveName.MANIFEST));
      ChunkIndex index = reader.index(SmallUpload.ARCHIVE, manifest.files().getFirst().csum());
      for (int i = 0; i < index.chunkCount(); i++) {
        byte[] encoded = reader.chunk(index.digest(i));
        byte[] plain = DataBlob.decode(encoded, encoded.length, index.chunkBytes(i));
        byte[] made = SmallUpload.content(i % 2 == 0 ? seed * 1000 + i : i, plain.length);
        if (!Arrays.equals(plain, made)) {
          throw new AssertionError("chunk " + i + " of " + snapshot + " is another one");
        }
      }
    }
  }

  /** Starts a sync, waits for its end, and returns how it ended. */
  public static String run(TestNode node, String sync) {
    awaitIdle(node, sync);
    String upid = node.admin().post("/mesh/syncs/" + sync + "/run", null).asText();
    awaitIdle(node, sync);
    String status = "/nodes/localhost/tasks/" + upid + "/status";
    Await.until(
        "task " + upid + " ended",
        SOON,
        () -> node.admin().get(status).path("status").asText().equals("stopped"));
    return node.admin().get(status).path("exitstatus").asText();
  }

  /** Waits until no run of a sync is under way. */
  public static void awaitIdle(TestNode node, String sync) {
    Await.until(sync + " is idle", SOON, () -> !sync(node, sync).path("running").asBoolean());
  }

  /** What {@code /mesh/syncs} tells of one. */
  public static JsonNode sync(TestNode node, String id) {
    for (JsonNode sync : node.admin().get("/mesh/syncs")) {
      if (sync.path("id").asText().equals(id)) {
        return sync;
      }
    }
    throw new BackupException(BackupException.Kind.NOT_FOUND, "no sync " + id);
  }

  /** How the tasks of syncs ended that did not end well. */
  public static List<String> failures(TestNode node) {
    return list(
        node.admin()
            .get("/nodes/localhost/tasks", Map.of("errors", "true", "typefilter", "syncjob")),
        "status");
  }

  private static List<String> list(JsonNode all, String field) {
    return StreamSupport.stream(all.spliterator(), false)
        .map(one -> one.path(field).asText())
        .toList();
  }
}
