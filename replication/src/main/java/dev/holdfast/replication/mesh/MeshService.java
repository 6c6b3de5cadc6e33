package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Fingerprint;
import dev.holdfast.replication.mesh.tunnel.TunnelAcceptor;
import dev.holdfast.replication.mesh.tunnel.TunnelListener;
import dev.holdfast.replication.mesh.tunnel.TunnelPeer;
import dev.holdfast.replication.wire.TlsIdentity;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that a node needs of the mesh: the coordinator, the tunnels to its peers and the answering
 * end of theirs. Everything starts in the background; nothing here can keep a node from serving.
 */
public final class MeshService implements AutoCloseable {
  /**
   * How long the member waits for all peers to answer before it starts. It would start alone and
   * join later anyway, but then by a merge, which takes several seconds.
   */
  private static final Duration FIRST_CONTACT_TIME_MAX = Duration.ofSeconds(3);

  private final MeshCoordinator coordinator;
  private final MeshHello self;
  private final List<PeerConnector> connectors;
  private final @Nullable TunnelAcceptor acceptor;
  private final Scheduler scheduler;
  private final AtomicBoolean begun = new AtomicBoolean();
  private boolean closed;

  /**
   * A node that is in a mesh.
   *
   * @param identity whose certificate the node's TLS port shows
   * @param hello asks a peer; blocks
   * @param host {@link HostIdentity#current()}, except in tests
   * @param capabilities told to peers that ask
   */
  public MeshService(
      Vertx vertx,
      HazelcastMesh.Settings settings,
      TlsIdentity identity,
      List<TunnelPeer> peers,
      PeerHello hello,
      HostIdentity host,
      List<String> capabilities,
      Scheduler scheduler,
      InstantSource clock,
      SecureRandom random) {
    this.scheduler = scheduler;
    this.self =
        new MeshHello(settings.site(), settings.address(), host, settings.version(), capabilities);
    this.connectors =
        peers.stream()
            .map(
                peer ->
                    new PeerConnector(
                        peer,
                        VirtualAddress.of(settings.meshSecret(), peer.name()),
                        self,
                        hello,
                        () -> new TunnelListener(vertx, peer, identity),
                        scheduler))
            .toList();
    this.coordinator =
        new HazelcastMesh(settings, this::addressesOfOthers, scheduler, clock, random);
    this.acceptor =
        new TunnelAcceptor(
            vertx,
            identity,
            () -> allPins(peers),
            SocketAddress.inetSocketAddress(
                VirtualAddress.MEMBER_PORT, settings.address().toString()),
            random);
  }

  private MeshService(NoMesh coordinator, MeshHello self) {
    this.coordinator = coordinator;
    this.self = self;
    this.connectors = List.of();
    this.acceptor = null;
    this.scheduler = (delay, task) -> {};
  }

  /**
   * A node without a mesh; it still answers who it is.
   *
   * @param reason what its state says, one sentence
   */
  public static MeshService off(
      String site,
      String version,
      String reason,
      HostIdentity host,
      List<String> capabilities,
      InstantSource clock) {
    return new MeshService(
        new NoMesh(site, reason, clock), new MeshHello(site, null, host, version, capabilities));
  }

  private static Set<Fingerprint> allPins(List<TunnelPeer> peers) {
    return peers.stream()
        .flatMap(peer -> peer.pins().get().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  private Set<VirtualAddress> addressesOfOthers() {
    Set<VirtualAddress> addresses = new LinkedHashSet<>();
    connectors.forEach(connector -> addresses.add(connector.link().address()));
    VirtualAddress own = self.address();
    if (own != null) {
      addresses.remove(own);
    }
    return addresses;
  }

  /** Begins, once; returns at once. */
  public void start() {
    if (acceptor == null || !begun.compareAndSet(false, true)) {
      return;
    }
    CompletableFuture<?>[] firstContacts =
        connectors.stream().map(PeerConnector::firstContact).toArray(CompletableFuture<?>[]::new);
    CompletableFuture<Void> unused =
        CompletableFuture.allOf(firstContacts).thenRun(this::startMember);
    scheduler.after(FIRST_CONTACT_TIME_MAX, this::startMember);
    connectors.forEach(PeerConnector::start);
  }

  /** Whichever comes first calls it, the contacts or the end of waiting for them. */
  private synchronized void startMember() {
    if (!closed) {
      coordinator.start();
    }
  }

  public MeshCoordinator coordinator() {
    return coordinator;
  }

  /** The answer to {@code GET /api2/json/mesh/hello}. */
  public MeshHello hello() {
    return self;
  }

  /** How each configured peer is reached, in the order of the configuration. */
  public List<PeerLink> links() {
    return connectors.stream().map(PeerConnector::link).toList();
  }

  /**
   * Answers {@code GET /api2/json/mesh/tunnel} with {@code Upgrade: holdfast-mesh-v1}, from any
   * thread; every answer, refusals included, is sent here.
   *
   * @param caller whom the request's API token names; null when nobody
   * @return tells how it went, for logs; the failure is logged already
   */
  public Future<Fingerprint> tunnel(HttpServerRequest request, @Nullable AuthId caller) {
    if (acceptor == null) {
      String text = "this node runs without a mesh";
      return request
          .response()
          .setStatusCode(404)
          .end(text)
          .transform(sent -> Future.failedFuture(new BackupException(Kind.NOT_FOUND, text)));
    }
    return acceptor.upgrade(request, caller);
  }

  /** Leaves the mesh through the tunnels, then closes them; takes a few seconds at most. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    coordinator.stop();
    connectors.forEach(PeerConnector::close);
    if (acceptor != null) {
      acceptor.close();
    }
  }
}
