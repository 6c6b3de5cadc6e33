package dev.holdfast.replication.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.mesh.tunnel.TunnelPeer;
import dev.holdfast.replication.wire.PinnedTrust;
import dev.holdfast.replication.wire.TlsEngine;
import dev.holdfast.replication.wire.TlsIdentity;
import dev.holdfast.replication.wire.WireServer;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A node that is nothing but its mesh: the TLS port 8007 with the two mesh endpoints, and a {@link
 * MeshService}. Started by tests as a process of its own:
 *
 * <pre>
 * MeshTestNode DIRECTORY SITE=ADDRESS [OTHER=ADDRESS …]
 * </pre>
 *
 * The directory has {@code SITE.key} and {@code SITE.pem} of all. Reads commands from standard
 * input, answers each with one line: {@code members}, {@code links}, {@code publish GROUP}, {@code
 * heard}, {@code lease GROUP}, {@code release GROUP}, {@code stop}.
 */
final class MeshTestNode {
  static final int PORT = 8007;
  private static final Secret MESH_SECRET = new Secret("a secret of three sites");
  private static final Duration ANSWER_TIME_MAX = Duration.ofSeconds(5);

  private final Vertx vertx = Vertx.vertx();
  private final SecureRandom random = new SecureRandom();
  private final Path directory;
  private final String site;
  private final MeshService service;
  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final Map<String, Lease> leases = new ConcurrentHashMap<>();
  private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

  private MeshTestNode(Path directory, String site, List<TunnelPeer> peers) {
    this.directory = directory;
    this.site = site;
    VirtualAddress address = VirtualAddress.of(MESH_SECRET, site);
    this.service =
        new MeshService(
            vertx,
            new HazelcastMesh.Settings(site, "test", MESH_SECRET, address),
            identity(directory, site),
            peers,
            this::hello,
            HostIdentity.current(),
            List.of(),
            (delay, task) -> {
              long unused = vertx.setTimer(delay.toMillis(), fired -> task.run());
            },
            InstantSource.system(),
            random);
  }

  private static TlsIdentity identity(Path directory, String site) {
    return TlsIdentity.load(directory.resolve(site + ".key"), directory.resolve(site + ".pem"));
  }

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    String[] self = args[1].split("=", 2);
    List<TunnelPeer> peers = new ArrayList<>();
    for (int i = 2; i < args.length; i++) {
      String[] other = args[i].split("=", 2);
      Set<Fingerprint> pins = Set.of(identity(directory, other[0]).fingerprint());
      peers.add(
          new TunnelPeer(
              other[0], other[1], PORT, () -> pins, token(self[0]), () -> secret(self[0])));
    }
    new MeshTestNode(directory, self[0], peers).run(self[1]);
  }

  private static AuthId token(String site) {
    return AuthId.parse("sync@pbs!" + site);
  }

  private static Secret secret(String site) {
    return new Secret("secret-of-" + site);
  }

  private void run(String address) throws Exception {
    HttpServerOptions options =
        WireServer.options(identity(directory, site), TlsEngine.choose())
            .setHost(address)
            .setPort(PORT);
    HttpServer server = vertx.createHttpServer(options).requestHandler(this::serve);
    WireServer.acceptUpgrades(server, options);
    await(server.listen());
    service.coordinator().subscribe(event -> heard.add(event.site() + "/" + group(event)));
    service.start();
    try (BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        System.out.println(answer(line));
        if (line.equals("stop")) {
          break;
        }
      }
    }
    System.exit(0);
  }

  private static String group(MeshEvent event) {
    return switch (event) {
      case MeshEvent.SnapshotFinished finished -> finished.snapshot().group().toString();
    };
  }

  private String answer(String command) {
    String[] words = command.split(" ", 2);
    MeshCoordinator mesh = service.coordinator();
    return switch (words[0]) {
      case "members" ->
          mesh.state().word()
              + " "
              + mesh.state().members().stream()
                  .map(MeshMember::site)
                  .collect(Collectors.joining(","));
      case "links" ->
          service.links().stream()
              .map(link -> link.peer() + ":" + link.kind())
              .collect(Collectors.joining(","));
      case "publish" -> {
        mesh.publish(MeshCoordinatorContract.event(mesh, GroupId.parse(words[1])));
        yield "published";
      }
      case "heard" -> String.join(",", heard);
      case "lease" ->
          mesh.tryLease(leaseKey(words[1]), Duration.ofMinutes(5))
              .map(
                  lease -> {
                    leases.put(words[1], lease);
                    return lease.local() ? "local" : "granted";
                  })
              .orElse("held");
      case "release" -> {
        Lease lease = leases.remove(words[1]);
        if (lease != null) {
          lease.release();
        }
        yield "released";
      }
      case "stop" -> {
        long begin = System.nanoTime();
        service.close();
        yield "stopped " + Duration.ofNanos(System.nanoTime() - begin).toMillis();
      }
      default -> "unknown command";
    };
  }

  private static LeaseKey leaseKey(String group) {
    return new LeaseKey(
        "paris", MeshCoordinatorContract.MAIN, MeshCoordinatorContract.NS, GroupId.parse(group));
  }

  private void serve(HttpServerRequest request) {
    AuthId caller = caller(request.getHeader("Authorization"));
    if (request.path().equals("/api2/json/mesh/tunnel")) {
      var logged = service.tunnel(request, caller);
      logged.onFailure(cause -> {});
    } else if (caller == null) {
      request.response().setStatusCode(401).end();
    } else {
      request.response().end("{\"data\":" + service.hello().toJson() + "}");
    }
  }

  private @Nullable AuthId caller(@Nullable String header) {
    for (String other : List.of("lyon", "paris", "rome")) {
      String expected = "PBSAPIToken=" + token(other) + ":" + secret(other).reveal();
      if (expected.equals(header)) {
        return token(other);
      }
    }
    return null;
  }

  /** What the node's peer client does. */
  private MeshHello hello(TunnelPeer peer) {
    HttpClient client = clients.computeIfAbsent(peer.name(), name -> client(peer));
    try {
      Buffer body =
          await(
              client
                  .request(
                      new RequestOptions()
                          .setMethod(HttpMethod.GET)
                          .setHost(peer.host())
                          .setPort(peer.port())
                          .setURI("/api2/json/mesh/hello")
                          .putHeader(
                              "Authorization",
                              "PBSAPIToken="
                                  + peer.token()
                                  + ":"
                                  + peer.tokenSecret().get().reveal()))
                  .compose(request -> request.send())
                  .compose(HttpClientResponse::body));
      return MeshHello.parse(new ObjectMapper().readTree(body.getBytes()).path("data"));
    } catch (ExecutionException | TimeoutException | JsonProcessingException e) {
      throw new BackupException(Kind.PEER_UNREACHABLE, "no hello: " + e.getMessage(), e);
    } catch (InterruptedException | IOException e) {
      throw new BackupException(Kind.CANCELLED, "interrupted", e);
    }
  }

  private HttpClient client(TunnelPeer peer) {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setSsl(true)
            .setVerifyHost(false)
            .setConnectTimeout(2000)
            .setTrustOptions(new PinnedTrust(peer.pins()).trustOptions()));
  }

  private static <T> T await(io.vertx.core.Future<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future
        .toCompletionStage()
        .toCompletableFuture()
        .get(ANSWER_TIME_MAX.toSeconds(), TimeUnit.SECONDS);
  }
}
