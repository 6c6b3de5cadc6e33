package dev.holdfast.replication.mesh;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.replication.mesh.PeerLink.Kind;
import dev.holdfast.replication.mesh.tunnel.TunnelListener;
import dev.holdfast.replication.mesh.tunnel.TunnelPeer;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one peer's member reachable at its virtual address, and keeps it so: asks the peer who and
 * where it is, then listens for a tunnel, or does nothing where both share a host. Each contact
 * plans the next one.
 */
final class PeerConnector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerConnector.class);

  private static final Duration RETRY_DELAY_MIN = Duration.ofMillis(500);
  private static final Duration RETRY_DELAY_MAX = Duration.ofSeconds(30);

  /** A peer may move to another host, or be given another address. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);

  private static final Duration LISTEN_TIME_MAX = Duration.ofSeconds(5);

  private final TunnelPeer peer;
  private final MeshHello self;
  private final PeerHello hello;
  private final Supplier<TunnelListener> listeners;
  private final Scheduler scheduler;

  /** Completed by the first answer. */
  private final CompletableFuture<Void> firstContact = new CompletableFuture<>();

  private volatile PeerLink link;
  private int failuresInARow;
  private @Nullable TunnelListener listener;
  private boolean closed;

  /**
   * @param expected the address that the peer has if it is named after its site
   * @param listeners makes a listener for this peer
   */
  PeerConnector(
      TunnelPeer peer,
      VirtualAddress expected,
      MeshHello self,
      PeerHello hello,
      Supplier<TunnelListener> listeners,
      Scheduler scheduler) {
    this.peer = peer;
    this.self = self;
    this.hello = hello;
    this.listeners = listeners;
    this.scheduler = scheduler;
    this.link = new PeerLink(peer.name(), null, expected, Kind.PENDING, "not contacted yet");
  }

  PeerLink link() {
    return link;
  }

  CompletableFuture<Void> firstContact() {
    return firstContact;
  }

  /** Contacts the peer on a virtual thread, now and from time to time until closed. */
  void start() {
    Thread.ofVirtual().name("mesh-peer-" + peer.name()).start(this::contact);
  }

  private void contact() {
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    PeerLink before = link;
    PeerLink after;
    try {
      after = reach(hello.hello(peer));
    } catch (BackupException e) {
      after = failed(before, e.text());
    } catch (RuntimeException e) {
      LOG.warn("the contact to {} broke off", peer.name(), e);
      after = failed(before, e.toString());
    }
    Duration next;
    synchronized (this) {
      if (closed) {
        return;
      }
      link = after;
      next = nextLook(after.kind());
    }
    if (!after.equals(before)) {
      report(after);
    }
    if (after.kind() != Kind.FAILED) {
      firstContact.complete(null);
    }
    scheduler.after(next, this::start);
  }

  private Duration nextLook(Kind kind) {
    if (kind == Kind.DIRECT || kind == Kind.TUNNEL) {
      failuresInARow = 0;
      return LOOK_AGAIN;
    }
    Duration delay = RETRY_DELAY_MIN.multipliedBy(1L << Math.min(failuresInARow, 10));
    failuresInARow++;
    return delay.compareTo(RETRY_DELAY_MAX) < 0 ? delay : RETRY_DELAY_MAX;
  }

  /** A listener that works stays: connections through it fail one by one while the peer is away. */
  private PeerLink failed(PeerLink before, String why) {
    return new PeerLink(peer.name(), before.site(), before.address(), Kind.FAILED, why);
  }

  private PeerLink reach(MeshHello other) {
    VirtualAddress address = other.address();
    if (address == null) {
      return new PeerLink(
          peer.name(), other.site(), link.address(), Kind.NO_MESH, "it runs without a mesh");
    }
    if (address.equals(self.address())) {
      String why =
          other.site().equals(self.site())
              ? "it calls itself " + other.site() + ", as this node does"
              : "its mesh address " + address + " is also that of this node; configure another";
      return new PeerLink(peer.name(), other.site(), link.address(), Kind.FAILED, why);
    }
    if (self.host().sameHost(other.host())) {
      stopListening();
      return new PeerLink(peer.name(), other.site(), address, Kind.DIRECT, "");
    }
    return listen(other.site(), address);
  }

  private PeerLink listen(String site, VirtualAddress address) {
    synchronized (this) {
      if (closed || (listener != null && address.equals(link.address()))) {
        return new PeerLink(peer.name(), site, address, Kind.TUNNEL, "");
      }
    }
    stopListening();
    TunnelListener opening = listeners.get();
    try {
      opening
          .listen(SocketAddress.inetSocketAddress(VirtualAddress.MEMBER_PORT, address.toString()))
          .toCompletionStage()
          .toCompletableFuture()
          .get(LISTEN_TIME_MAX.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      opening.close();
      // Another node of this host may listen there already; its tunnel serves this one as well.
      String why = "cannot listen on " + address + ":" + VirtualAddress.MEMBER_PORT + ": ";
      return new PeerLink(peer.name(), site, address, Kind.FAILED, why + e.getMessage());
    } catch (InterruptedException e) {
      opening.close();
      Thread.currentThread().interrupt();
      return new PeerLink(peer.name(), site, address, Kind.FAILED, "interrupted");
    }
    synchronized (this) {
      if (!closed) {
        listener = opening;
        return new PeerLink(peer.name(), site, address, Kind.TUNNEL, "");
      }
    }
    opening.close();
    return new PeerLink(peer.name(), site, address, Kind.FAILED, "closed");
  }

  private synchronized void stopListening() {
    if (listener != null) {
      listener.close();
      listener = null;
    }
  }

  private static void report(PeerLink now) {
    switch (now.kind()) {
      case DIRECT -> LOG.info("mesh: {} is on this host, at {}", now.peer(), now.address());
      case TUNNEL -> LOG.info("mesh: {} is reached by tunnel, at {}", now.peer(), now.address());
      case NO_MESH, FAILED -> LOG.warn("mesh: {}: {}", now.peer(), now.detail());
      case PENDING -> {}
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    stopListening();
    firstContact.complete(null);
  }
}
