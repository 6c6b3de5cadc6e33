package dev.holdfast.replication.mesh;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.core.LifecycleEvent.LifecycleState;
import com.hazelcast.replicatedmap.ReplicatedMap;
import com.hazelcast.topic.ITopic;
import dev.holdfast.chunkstore.model.SafeId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.replication.mesh.BoundedCalls.Unavailable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator on Hazelcast. The member starts on a thread of its own; while it is not up, and
 * whenever it does not answer, this does what {@link NoMesh} does. A start that fails is one
 * warning and is tried again.
 *
 * <p>The library logs as {@code com.hazelcast} through slf4j; what an operator needs of it is
 * logged here, so that logger belongs on ERROR.
 */
public final class HazelcastMesh implements MeshCoordinator {
  private static final Logger LOG = LoggerFactory.getLogger(HazelcastMesh.class);

  static final Duration RETRY_DELAY_MIN = Duration.ofSeconds(5);
  static final Duration RETRY_DELAY_MAX = Duration.ofMinutes(5);

  /** Calls under way in the cluster; more are answered as if it were unavailable. */
  private static final int CALLS_MAX = 8;

  private static final List<Duration> ANNOUNCE_AGAIN_DELAYS =
      List.of(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(10));

  /**
   * Who this member is.
   *
   * @param meshSecret the same at every site; members with another are strangers
   * @param address the own virtual address
   */
  public record Settings(String site, String version, Secret meshSecret, VirtualAddress address) {
    public Settings {
      SafeId.require(site, "site");
    }
  }

  private final Settings settings;
  private final Supplier<? extends Collection<VirtualAddress>> others;
  private final Scheduler scheduler;
  private final InstantSource clock;
  private final RandomGenerator random;

  private final EventDispatch events = new EventDispatch(MeshThreads.oneByOne("mesh-events"));
  private final Executor eventOutbox = MeshThreads.oneByOne("mesh-publish");
  private final Executor joins = MeshThreads.oneByOne("mesh-join");
  private final BoundedCalls calls =
      new BoundedCalls(MeshThreads.atOnce("mesh-call", CALLS_MAX), CALL_TIME_MAX);
  private final LocalLeases alone;
  private final StatusBoard statuses;

  private final Object lock = new Object();
  // Guarded by the lock; the volatile ones may be read without it.
  private boolean wanted;
  private int failuresInARow;

  /** Counts starts, retries and stops; whatever belongs to an earlier one is ignored. */
  private long attempt;

  private volatile MeshState phase = new MeshState.Off("not started");
  private volatile @Nullable Joined joined;

  /**
   * @param others virtual addresses of the other sites, asked again at each attempt to join or to
   *     merge
   * @param random makes the name of each run of the member
   */
  public HazelcastMesh(
      Settings settings,
      Supplier<? extends Collection<VirtualAddress>> others,
      Scheduler scheduler,
      InstantSource clock,
      RandomGenerator random) {
    this.settings = settings;
    this.others = others;
    this.scheduler = scheduler;
    this.clock = clock;
    this.random = random;
    this.alone = new LocalLeases(clock);
    this.statuses = new StatusBoard(settings.site(), this::statusTarget);
  }

  @Override
  public String site() {
    return settings.site();
  }

  // ---- joining and leaving

  @Override
  public void start() {
    synchronized (lock) {
      if (wanted) {
        return;
      }
      wanted = true;
      failuresInARow = 0;
      beginJoin();
    }
  }

  /** Called with the lock held. */
  private void beginJoin() {
    phase = new MeshState.Starting(clock.instant());
    long mine = ++attempt;
    // One after the other: a member that is given up while it starts still has the address.
    joins.execute(() -> join(mine));
  }

  private boolean isCurrent(long mine) {
    synchronized (lock) {
      return mine == attempt;
    }
  }

  private void join(long mine) {
    if (!isCurrent(mine)) {
      return;
    }
    String incarnation = HexFormat.of().toHexDigits(random.nextLong());
    HazelcastInstance instance = null;
    try {
      instance = Hazelcast.newHazelcastInstance(MemberConfig.of(settings, incarnation, others));
      enter(new Joined(instance, incarnation, mine));
    } catch (RuntimeException | LinkageError e) {
      if (instance != null) {
        instance.getLifecycleService().terminate();
      }
      failed(reason(e), mine);
    }
  }

  private void enter(Joined entering) {
    entering.listen();
    synchronized (lock) {
      if (entering.attempt == attempt) {
        failuresInARow = 0;
        joined = entering;
        phase = new MeshState.Up(clock.instant(), List.of());
        LOG.info("joined the mesh as {} at {}", settings.site(), settings.address());
      }
    }
    if (joined == entering) {
      statuses.sendAll();
    } else {
      entering.instance.getLifecycleService().terminate();
    }
  }

  private void failed(String reason, long mine) {
    Duration delay;
    synchronized (lock) {
      if (mine != attempt) {
        return;
      }
      joined = null;
      phase = new MeshState.Failed(reason, clock.instant());
      delay = RETRY_DELAY_MIN.multipliedBy(1L << Math.min(failuresInARow, 10));
      delay = delay.compareTo(RETRY_DELAY_MAX) < 0 ? delay : RETRY_DELAY_MAX;
      failuresInARow++;
    }
    LOG.warn(
        "the mesh is not available: {}. Backups, restores and scheduled syncs go on; next attempt"
            + " in {} s",
        reason,
        delay.toSeconds());
    scheduler.after(delay, () -> retry(mine));
  }

  private void retry(long mine) {
    synchronized (lock) {
      if (mine == attempt) {
        beginJoin();
      }
    }
  }

  private String reason(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String text = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return "no member at " + settings.address() + ":" + VirtualAddress.MEMBER_PORT + ": " + text;
  }

  @Override
  public void stop() {
    Joined leaving;
    synchronized (lock) {
      wanted = false;
      attempt++;
      leaving = joined;
      joined = null;
      phase = new MeshState.Off("stopped");
    }
    if (leaving != null) {
      leave(leaving.instance);
    }
  }

  private static void leave(HazelcastInstance instance) {
    Thread shutdown = Thread.ofPlatform().daemon().name("mesh-leave").start(instance::shutdown);
    try {
      if (!shutdown.join(STOP_TIME_MAX)) {
        LOG.warn("the mesh member did not leave within {} s", STOP_TIME_MAX.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The member while it is in the mesh. */
  private final class Joined implements MembershipListener {
    final HazelcastInstance instance;
    final String incarnation;
    final long attempt;
    final Instant since = clock.instant();
    final ReplicatedMap<String, String> statuses;
    final ITopic<String> topic;
    final ClusterLeases leases;
    private final Map<UUID, Instant> seen = new ConcurrentHashMap<>();

    Joined(HazelcastInstance instance, String incarnation, long attempt) {
      this.attempt = attempt;
      this.instance = instance;
      this.incarnation = incarnation;
      this.statuses = instance.getReplicatedMap(MemberConfig.STATUS);
      this.topic = instance.getTopic(MemberConfig.EVENTS);
      this.leases =
          new ClusterLeases(
              instance.getMap(MemberConfig.LEASES),
              instance.getMap(MemberConfig.EPOCHS),
              incarnation,
              () -> attributes(MemberConfig.ATTRIBUTE_INCARNATION),
              clock,
              calls);
    }

    void listen() {
      topic.addMessageListener(message -> received(message.getMessageObject(), incarnation));
      UUID unusedMembership = instance.getCluster().addMembershipListener(this);
      UUID unusedLifecycle =
          instance
              .getLifecycleService()
              .addLifecycleListener(event -> lifecycleChanged(this, event.getState()));
    }

    @Override
    public void memberAdded(MembershipEvent event) {
      seen.put(event.getMember().getUuid(), clock.instant());
      LOG.info(
          "site {} joined the mesh", attribute(event.getMember(), MemberConfig.ATTRIBUTE_SITE));
      announceAgain();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      seen.remove(event.getMember().getUuid());
      LOG.info("site {} left the mesh", attribute(event.getMember(), MemberConfig.ATTRIBUTE_SITE));
    }

    List<MeshMember> members() {
      return instance.getCluster().getMembers().stream()
          .map(
              m ->
                  new MeshMember(
                      attribute(m, MemberConfig.ATTRIBUTE_SITE),
                      m.getAddress().getHost(),
                      attribute(m, MemberConfig.ATTRIBUTE_VERSION),
                      seen.getOrDefault(m.getUuid(), since),
                      m.localMember()))
          .sorted(Comparator.comparing(MeshMember::site).thenComparing(MeshMember::address))
          .toList();
    }

    Set<String> attributes(String name) {
      return instance.getCluster().getMembers().stream()
          .map(m -> attribute(m, name))
          .collect(Collectors.toSet());
    }

    private static String attribute(Member member, String name) {
      String value = member.getAttribute(name);
      return value == null ? "" : value;
    }
  }

  private void lifecycleChanged(Joined source, LifecycleState state) {
    if (state == LifecycleState.MERGED) {
      LOG.info("two halves of the mesh found each other again");
      announceAgain();
    } else if (state == LifecycleState.SHUTDOWN) {
      failed("the member ended by itself", source.attempt);
    }
  }

  @Override
  public MeshState state() {
    Joined current = joined;
    if (current == null) {
      return phase;
    }
    try {
      return new MeshState.Up(current.since, current.members());
    } catch (HazelcastInstanceNotActiveException e) {
      return new MeshState.Failed("the member is ending", clock.instant());
    }
  }

  // ---- events

  @Override
  public void publish(MeshEvent event) {
    events.deliver(event);
    Joined current = joined;
    if (current == null) {
      return;
    }
    String text = MeshJson.encode(new MeshJson.Envelope(current.incarnation, event));
    try {
      eventOutbox.execute(() -> send(current, text));
    } catch (RejectedExecutionException e) {
      LOG.warn("{} was not sent to other sites: too many events wait", event);
    }
  }

  private static void send(Joined to, String text) {
    try {
      to.topic.publish(text);
    } catch (RuntimeException e) {
      LOG.debug("an event did not reach the mesh; schedules stand behind it", e);
    }
  }

  private void received(String text, String incarnation) {
    // The own events were delivered when they were published.
    MeshJson.decodeEvent(text)
        .filter(envelope -> !envelope.from().equals(incarnation))
        .ifPresent(envelope -> events.deliver(envelope.event()));
  }

  @Override
  public Subscription subscribe(Consumer<MeshEvent> listener) {
    return events.subscribe(listener);
  }

  // ---- leases

  @Override
  public Optional<Lease> tryLease(LeaseKey key, Duration ttl) {
    LocalLeases.requireTtl(ttl);
    Joined current = joined;
    if (current != null) {
      if (alone.isHeld(key)) {
        return Optional.empty();
      }
      try {
        return current.leases.tryLease(key, ttl);
      } catch (Unavailable e) {
        LOG.debug("lease of {} is granted locally: {}", key, e.getMessage());
      }
    }
    return alone.tryLease(key, ttl, true);
  }

  // ---- status

  @Override
  public void putStatus(SiteStatus status) {
    statuses.put(status);
  }

  /**
   * The library completes the map of a member that comes only within half a minute, and what is put
   * while it clears or fills it is lost, however long that takes. So now, and again.
   */
  private void announceAgain() {
    statuses.sendAll();
    ANNOUNCE_AGAIN_DELAYS.forEach(delay -> scheduler.after(delay, statuses::sendAll));
  }

  private @Nullable Consumer<Map<String, String>> statusTarget() {
    Joined current = joined;
    return current == null ? null : current.statuses::putAll;
  }

  @Override
  public List<SeenStatus> statuses() {
    Set<String> present = Set.of();
    Joined current = joined;
    if (current != null) {
      try {
        statuses.learn(calls.call(() -> List.copyOf(current.statuses.values()), late -> {}));
        present = current.attributes(MemberConfig.ATTRIBUTE_SITE);
      } catch (Unavailable | HazelcastInstanceNotActiveException e) {
        LOG.debug("status of other sites is the last known: {}", e.getMessage());
      }
    }
    return statuses.seen(present);
  }
}
