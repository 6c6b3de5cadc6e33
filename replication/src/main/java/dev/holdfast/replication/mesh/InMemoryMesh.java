package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The twin of the cluster within one process, for tests and simulations: coordinators that share a
 * {@link Bus} are a mesh. Nothing in it waits, and it knows no time but its clock's.
 */
public final class InMemoryMesh implements MeshCoordinator {
  /** What joins coordinators. */
  public static final class Bus {
    private final LocalLeases leases;
    private final Map<String, InMemoryMesh> joined = new ConcurrentSkipListMap<>();
    private final Map<String, SiteStatus> statuses = new ConcurrentSkipListMap<>();

    public Bus(InstantSource clock) {
      this.leases = new LocalLeases(clock);
    }
  }

  private final Bus bus;
  private final String site;
  private final String version;
  private final InstantSource clock;
  private final EventDispatch events;
  private final LocalLeases alone;
  private final Map<String, SiteStatus> own = new ConcurrentSkipListMap<>();
  private final Map<String, SiteStatus> known = new ConcurrentSkipListMap<>();
  private volatile MeshState state = new MeshState.Off("not started");

  /**
   * @param delivery runs the subscribers, one task after the other
   */
  public InMemoryMesh(
      Bus bus, String site, String version, InstantSource clock, Executor delivery) {
    this.bus = bus;
    this.site = site;
    this.version = version;
    this.clock = clock;
    this.events = new EventDispatch(delivery);
    this.alone = new LocalLeases(clock);
  }

  @Override
  public String site() {
    return site;
  }

  @Override
  public void start() {
    if (bus.joined.putIfAbsent(site, this) == null) {
      state = new MeshState.Up(clock.instant(), List.of());
      bus.statuses.putAll(own);
    }
  }

  @Override
  public void stop() {
    statuses(); // keeps what is known so far
    bus.joined.remove(site, this);
    state = new MeshState.Off("stopped");
  }

  @Override
  public MeshState state() {
    return state instanceof MeshState.Up up
        ? new MeshState.Up(up.since(), members(up.since()))
        : state;
  }

  private List<MeshMember> members(Instant joined) {
    List<MeshMember> members = new ArrayList<>();
    bus.joined.forEach(
        (name, mesh) ->
            members.add(new MeshMember(name, "memory", mesh.version, joined, mesh == this)));
    return members;
  }

  private boolean isUp() {
    return state instanceof MeshState.Up;
  }

  @Override
  public void publish(MeshEvent event) {
    events.deliver(event);
    if (isUp()) {
      bus.joined.values().stream()
          .filter(other -> other != this)
          .forEach(other -> other.events.deliver(event));
    }
  }

  @Override
  public Subscription subscribe(Consumer<MeshEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  public Optional<Lease> tryLease(LeaseKey key, Duration ttl) {
    LocalLeases.requireTtl(ttl);
    if (!isUp()) {
      return alone.tryLease(key, ttl, true);
    }
    return alone.isHeld(key) ? Optional.empty() : bus.leases.tryLease(key, ttl, false);
  }

  @Override
  public void putStatus(SiteStatus status) {
    status.requireWriter(site);
    own.put(status.key(), status);
    if (isUp()) {
      bus.statuses.put(status.key(), status);
    }
  }

  @Override
  public List<SeenStatus> statuses() {
    if (isUp()) {
      known.putAll(bus.statuses);
    }
    known.putAll(own);
    return known.values().stream().map(s -> new SeenStatus(s, isStale(s))).toList();
  }

  private boolean isStale(SiteStatus status) {
    return !status.site().equals(site) && !(isUp() && bus.joined.containsKey(status.site()));
  }
}
