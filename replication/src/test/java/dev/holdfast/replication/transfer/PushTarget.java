package dev.holdfast.replication.transfer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.datastore.DeleteStats;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.testing.StoreBackup;
import dev.holdfast.replication.testing.StoreLists;
import dev.holdfast.replication.testing.StrictVertx;
import dev.holdfast.replication.wire.BodyMemory;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireClient;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireServer;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * A node to push to, over real TLS: the calls that spec/protocols.md §8.3 names, on a real
 * datastore, for one token that may do everything and owns what it makes.
 */
final class PushTarget implements AutoCloseable {
  static final AuthId TOKEN = AuthId.parse("push@pbs!lyon");
  private static final String SECRET = "11111111-2222";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Vertx vertx;
  private final Datastore store;
  private final TlsIdentity identity;
  private final HttpServer server;
  private final StoreLists lists;

  /** {@code METHOD path?query} of REST calls, {@code METHOD path} of sessions, in order. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Sees each request of a session; what it throws is the answer. */
  volatile Consumer<WireExchange> watcher = exchange -> {};

  /** False as it was before 3.3 (spec/protocols.md §4.6). */
  volatile boolean freesGroupAtFinish = true;

  /** What GET version says; 4.2.3 unless a test has it older. */
  volatile String version = "{\"version\":\"4.2\",\"release\":\"3\",\"repoid\":\"0\"}";

  PushTarget(Vertx vertx, Datastore store) {
    this.vertx = vertx;
    this.store = store;
    this.lists = new StoreLists(store, namespace -> true);
    identity = TlsIdentity.generate("target.test", List.of(), Instant.now(), new SecureRandom());
    HttpServerOptions options =
        WireServer.options(identity, TlsEngine.choose()).setHost("127.0.0.1").setPort(0);
    server = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(server, options);
    server.requestHandler(this::handle);
    StrictVertx.await(server.listen());
  }

  /** A client of it; the caller closes. */
  RemoteNode node() {
    return node(address());
  }

  HostAndPort address() {
    return new HostAndPort("127.0.0.1", server.actualPort());
  }

  /** A client that gets here by another address. */
  RemoteNode node(HostAndPort by) {
    return new RemoteNode(
        vertx,
        by,
        PinnedTrust.of(identity.fingerprint()),
        new Credential.Token(TOKEN, new Secret(SECRET)),
        WireClient.ANSWER_TIMEOUT);
  }

  /** How many requests were exactly this, query and all. */
  long count(String request) {
    return requests.stream().filter(request::equals).count();
  }

  @Override
  public void close() {
    StrictVertx.await(server.close());
  }

  private void handle(HttpServerRequest request) {
    String query = request.query();
    requests.add(request.method() + " " + request.path() + (query == null ? "" : "?" + query));
    if (!("PBSAPIToken=" + TOKEN + ":" + SECRET).equals(request.getHeader("Authorization"))) {
      request.response().setStatusCode(401).end("authentication failed");
      return;
    }
    Map<String, String> parameters = StoreLists.query(query);
    if (request.path().equals("/api2/json/backup")) {
      upgrade(request, parameters);
      return;
    }
    request
        .body()
        .onSuccess(
            body ->
                vertx
                    .executeBlocking(
                        () -> {
                          JsonNode json =
                              body.length() == 0
                                  ? MAPPER.createObjectNode()
                                  : MAPPER.readTree(body.getBytes());
                          return rest(request, parameters, json);
                        },
                        false)
                    .onSuccess(answer -> request.response().end("{\"data\":" + answer + "}"))
                    .onFailure(failure -> refuse(request, failure)));
  }

  private static void refuse(HttpServerRequest request, Throwable failure) {
    boolean absent = failure instanceof BackupException e && e.kind() == Kind.NOT_FOUND;
    request.response().setStatusCode(absent ? 404 : 400).end(String.valueOf(failure.getMessage()));
  }

  private void upgrade(HttpServerRequest request, Map<String, String> query) {
    request.pause();
    vertx
        .executeBlocking(
            () ->
                StoreBackup.open(
                    store,
                    namespace(query),
                    group(query).at(Long.parseLong(query.getOrDefault("backup-time", "0"))),
                    TOKEN,
                    exchange -> {
                      requests.add(exchange.method() + " " + exchange.path());
                      watcher.accept(exchange);
                    }),
            false)
        .onSuccess(
            session -> {
              session.freesGroupAtFinish = freesGroupAtFinish;
              request.resume();
              var unused =
                  WireServer.upgrade(
                      request,
                      String.valueOf(request.getHeader("Upgrade")),
                      WireSettings.DEFAULT,
                      BodyMemory.unlimited(),
                      session);
            })
        .onFailure(failure -> refuse(request, failure));
  }

  private String rest(HttpServerRequest request, Map<String, String> query, JsonNode body)
      throws IOException {
    String path = request.path().replace("/api2/json", "").replace("/" + store.name(), "");
    return switch (request.method() + " " + path) {
      case "GET /version" -> version;
      case "GET /admin/datastore/namespace",
          "GET /admin/datastore/groups",
          "GET /admin/datastore/snapshots" ->
          MAPPER.writeValueAsString(
              lists.list(path.substring("/admin/datastore/".length()), query));
      case "POST /admin/datastore/namespace" -> {
        Namespace parent = Namespace.parse(body.path("parent").asText(""));
        Namespace made = parent.child(body.path("name").asText());
        store.createNamespace(made);
        yield MAPPER.writeValueAsString(made.toString());
      }
      case "DELETE /admin/datastore/namespace" -> {
        boolean withGroups = "true".equals(query.get("delete-groups"));
        yield stats(store.deleteNamespace(namespace(query), withGroups));
      }
      case "DELETE /admin/datastore/groups" ->
          stats(store.deleteGroup(namespace(query), group(query)));
      case "DELETE /admin/datastore/snapshots" -> {
        long time = Long.parseLong(query.getOrDefault("backup-time", "0"));
        store.deleteSnapshot(namespace(query), group(query).at(time), false);
        yield "null";
      }
      default -> throw BackupException.notFound("Path '" + path + "' not found.");
    };
  }

  private static String stats(DeleteStats stats) {
    return "{\"removed-groups\":%d,\"protected-snapshots\":%d,\"removed-snapshots\":%d}"
        .formatted(stats.removedGroups(), stats.protectedSnapshots(), stats.removedSnapshots());
  }

  private static Namespace namespace(Map<String, String> query) {
    return Namespace.parse(query.getOrDefault("ns", ""));
  }

  private static GroupId group(Map<String, String> query) {
    return new GroupId(
        BackupType.parse(query.getOrDefault("backup-type", "")),
        query.getOrDefault("backup-id", ""));
  }
}
