package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The coordinator of a node without a cluster: events reach its own subscribers, leases exclude its
 * own jobs from each other, statuses are its own.
 */
public final class NoMesh implements MeshCoordinator {
  private final String site;
  private final String reason;
  private final LocalLeases leases;
  private final EventDispatch events;
  private final Map<String, SiteStatus> statuses = new ConcurrentSkipListMap<>();

  /**
   * @param reason what {@link #state} says, one sentence
   */
  public NoMesh(String site, String reason, InstantSource clock) {
    this(site, reason, clock, MeshThreads.oneByOne("mesh-events"));
  }

  /**
   * @param delivery runs the subscribers, one task after the other
   */
  public NoMesh(String site, String reason, InstantSource clock, Executor delivery) {
    this.site = site;
    this.reason = reason;
    this.leases = new LocalLeases(clock);
    this.events = new EventDispatch(delivery);
  }

  @Override
  public String site() {
    return site;
  }

  @Override
  public void start() {}

  @Override
  public void stop() {}

  @Override
  public MeshState state() {
    return new MeshState.Off(reason);
  }

  @Override
  public void publish(MeshEvent event) {
    events.deliver(event);
  }

  @Override
  public Subscription subscribe(Consumer<MeshEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  public Optional<Lease> tryLease(LeaseKey key, Duration ttl) {
    LocalLeases.requireTtl(ttl);
    return leases.tryLease(key, ttl, true);
  }

  @Override
  public void putStatus(SiteStatus status) {
    status.requireWriter(site);
    statuses.put(status.key(), status);
  }

  @Override
  public List<SeenStatus> statuses() {
    return statuses.values().stream().map(s -> new SeenStatus(s, false)).toList();
  }
}
