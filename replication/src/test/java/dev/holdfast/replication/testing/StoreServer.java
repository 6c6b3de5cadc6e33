package dev.holdfast.replication.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.datastore.Datastore;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.BackupType;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.meshconfig.HostAndPort;
import dev.holdfast.replication.peer.Credential;
import dev.holdfast.replication.peer.RemoteNode;
import dev.holdfast.replication.wire.BodyMemory;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireClient;
import dev.holdfast.replication.wire.WireExchange;
import dev.holdfast.replication.wire.WireServer;
import dev.holdfast.replication.wire.WireSettings;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A node to pull from, over real TLS: a real datastore behind the lists and the reader protocol of
 * spec/protocols.md §6 and §7, for one token. What comes in is recorded; answers can be held up,
 * refused or replaced.
 */
public final class StoreServer implements AutoCloseable {
  public static final AuthId TOKEN = AuthId.parse("sync@pbs!test");
  private static final String SECRET = "11111111-2222";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final Duration SESSION_END_MAX = Duration.ofSeconds(30);

  private final Vertx vertx;
  private final Datastore store;
  private final TlsIdentity identity;
  private final HttpServer server;
  private final StoreLists lists;
  private int openSessions;

  /** {@code METHOD path?query} of REST calls below the store, {@code METHOD path} of sessions. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  /** What the token may see. */
  public volatile Predicate<Namespace> visible = namespace -> true;

  /** Before each answer of a session; what it fails with is the answer. */
  public volatile Function<WireExchange, Future<?>> before = exchange -> Future.succeededFuture();

  /** May replace the bytes that a session answers. */
  public volatile ReplaceAnswer replace = (exchange, answer) -> answer;

  /** Changes an answer on its way out. */
  public interface ReplaceAnswer {
    byte[] apply(WireExchange exchange, byte[] answer);
  }

  /**
   * @param store stays the caller's
   */
  public StoreServer(Vertx vertx, Datastore store) {
    this.vertx = vertx;
    this.store = store;
    this.lists = new StoreLists(store, namespace -> visible.test(namespace));
    identity = TlsIdentity.generate("store.test", List.of(), Instant.now(), new SecureRandom());
    HttpServerOptions options =
        WireServer.options(identity, TlsEngine.choose()).setHost("127.0.0.1").setPort(0);
    server = vertx.createHttpServer(options);
    WireServer.acceptUpgrades(server, options);
    server.requestHandler(this::request);
    StrictVertx.await(server.listen());
  }

  public HostAndPort address() {
    return new HostAndPort("127.0.0.1", server.actualPort());
  }

  /** A client with the token; the caller closes. */
  public RemoteNode client() {
    return client(address());
  }

  /** As {@link #client()}, by way of another address. */
  public RemoteNode client(HostAndPort way) {
    return new RemoteNode(
        vertx,
        way,
        PinnedTrust.of(identity.fingerprint()),
        new Credential.Token(TOKEN, new Secret(SECRET)),
        WireClient.ANSWER_TIMEOUT);
  }

  /** How often a call of this kind came, {@code GET /chunk} for example. */
  public long count(String methodAndPath) {
    return requests.stream().filter(r -> r.equals(methodAndPath)).count();
  }

  /** Waits until every session that was opened has ended, so that nothing is locked by one. */
  public synchronized void awaitSessionsEnded() {
    long deadline = System.nanoTime() + SESSION_END_MAX.toNanos();
    try {
      while (openSessions > 0) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new AssertionError(openSessions + " sessions are still open");
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  synchronized void sessions(int change) {
    openSessions += change;
    notifyAll();
  }

  /** Ends all connections, as when the machine goes down; does not wait. */
  public void stopListening() {
    var unused = server.close();
  }

  @Override
  public void close() {
    StrictVertx.await(server.close());
  }

  private void request(HttpServerRequest request) {
    if (!("PBSAPIToken=" + TOKEN + ":" + SECRET).equals(request.getHeader("Authorization"))) {
      request.response().setStatusCode(401).end("authentication failed");
      return;
    }
    String path = request.path().substring("/api2/json".length());
    Map<String, String> query = StoreLists.query(request.query());
    if (path.equals("/reader")) {
      reader(request, query);
      return;
    }
    String below = path.replace("/admin/datastore/" + store.name() + "/", "");
    requests.add(request.method() + " " + below + "?" + query);
    vertx
        .executeBlocking(() -> MAPPER.writeValueAsString(lists.list(below, query)), false)
        .onSuccess(data -> request.response().end("{\"data\":" + data + "}"))
        .onFailure(
            failure ->
                request
                    .response()
                    .setStatusCode(status(failure))
                    .end(String.valueOf(failure.getMessage())));
  }

  static int status(Throwable failure) {
    return switch (failure) {
      case BackupException e when e.kind() == Kind.NOT_FOUND -> 404;
      case BackupException e when e.kind() == Kind.PERMISSION -> 403;
      case BackupException e when e.kind() == Kind.UNAUTHENTICATED -> 401;
      default -> 400;
    };
  }

  private void reader(HttpServerRequest request, Map<String, String> query) {
    requests.add("OPEN");
    GroupId group =
        new GroupId(
            BackupType.parse(query.getOrDefault("backup-type", "")),
            query.getOrDefault("backup-id", ""));
    SnapshotId snapshot = group.at(Long.parseLong(query.getOrDefault("backup-time", "")));
    Namespace namespace = Namespace.parse(query.getOrDefault("ns", ""));
    request.pause();
    vertx
        .executeBlocking(() -> new StoreReader(this, store, namespace, snapshot), false)
        .onSuccess(
            session -> {
              var unused =
                  WireServer.upgrade(
                      request,
                      "proxmox-backup-reader-protocol-v1",
                      WireSettings.READER,
                      BodyMemory.unlimited(),
                      session);
            })
        .onFailure(
            failure -> {
              request.resume();
              request
                  .response()
                  .setStatusCode(status(failure))
                  .end(String.valueOf(failure.getMessage()));
            });
  }
}
