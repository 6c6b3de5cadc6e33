package dev.holdfast.replication.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.chunkstore.model.DatastoreName;
import dev.holdfast.chunkstore.model.GroupId;
import dev.holdfast.chunkstore.model.Namespace;
import dev.holdfast.chunkstore.model.SnapshotId;
import dev.holdfast.replication.mesh.MeshCoordinator.SeenStatus;
import dev.holdfast.replication.mesh.MeshCoordinator.Subscription;
import dev.holdfast.replication.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * At stake: replication is developed and simulated against the twin, and runs on the cluster. What
 * it relies on is stated here and run against both. Three sites are up before the first test and
 * stay; each test has groups of its own.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MeshCoordinatorContract {
  static final Duration SOON = Duration.ofSeconds(15);
  static final Duration TTL_SHORT = Duration.ofSeconds(1);
  static final Duration TTL_LONG = Duration.ofMinutes(5);
  static final DatastoreName MAIN = new DatastoreName("main");
  static final Namespace NS = Namespace.parse("a/web");

  private static final AtomicInteger GROUPS = new AtomicInteger();

  /** One of the three that are in the mesh. */
  abstract MeshCoordinator lyon();

  abstract MeshCoordinator paris();

  abstract MeshCoordinator rome();

  /** A fourth, not started; the suite stops it. */
  abstract MeshCoordinator create(String site);

  /** Lets a moment of time pass, if time has to be pushed. */
  abstract void time(Duration passes);

  static GroupId newGroup() {
    return GroupId.parse("host/g" + GROUPS.incrementAndGet());
  }

  static LeaseKey newLease() {
    return new LeaseKey("paris", MAIN, NS, newGroup());
  }

  static MeshEvent.SnapshotFinished event(MeshCoordinator at, GroupId group) {
    SnapshotId snapshot = group.at(1_700_000_000);
    return new MeshEvent.SnapshotFinished(at.site(), MAIN, NS, snapshot, 1_700_000_000_123L);
  }

  static SiteStatus status(MeshCoordinator at, GroupId group, long newestTime) {
    return new SiteStatus(
        at.site(), MAIN, NS, group, newestTime, newestTime * 1000 + 7, 250, 1_000_000);
  }

  static void awaitMembers(MeshCoordinator mesh, String... sites) {
    Await.until(
        mesh.site() + " sees " + List.of(sites) + ", not " + mesh.state(),
        SOON,
        () ->
            mesh.state().members().stream().map(MeshMember::site).toList().equals(List.of(sites)));
  }

  private static void awaitStatus(MeshCoordinator mesh, SiteStatus status, boolean stale) {
    Await.until(
        mesh.site() + " knows " + status + ", stale: " + stale,
        SOON,
        () -> mesh.statuses().contains(new SeenStatus(status, stale)));
  }

  @Test
  void sitesSeeEachOther() {
    for (MeshCoordinator mesh : List.of(lyon(), paris(), rome())) {
      awaitMembers(mesh, "lyon", "paris", "rome");
      assertThat(mesh.state().word()).isEqualTo("up");
      assertThat(mesh.state().members())
          .allSatisfy(
              member -> {
                assertThat(member.version()).isEqualTo("1.2.3");
                assertThat(member.address()).isNotEmpty();
                assertThat(member.self()).isEqualTo(member.site().equals(mesh.site()));
              });
    }
  }

  @Test
  void eventReachesEverySiteOnce() throws InterruptedException {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    GroupId group = newGroup();
    MeshEvent first = event(lyon(), group);
    MeshEvent second = event(rome(), group);
    try (Subscription a = hear(lyon(), List.of(first, second), heard);
        Subscription b = hear(paris(), List.of(first, second), heard);
        Subscription c = hear(rome(), List.of(first, second), heard)) {
      assertThat(List.of(a, b, c)).doesNotContainNull();
      lyon().publish(first);
      assertThat(List.of(take(heard), take(heard), take(heard)))
          .containsExactlyInAnyOrder("lyon " + first, "paris " + first, "rome " + first);
      rome().publish(second);
      assertThat(List.of(take(heard), take(heard), take(heard)))
          .containsExactlyInAnyOrder("lyon " + second, "paris " + second, "rome " + second);
    }
  }

  /** Another test's event may still be on its way. */
  private static Subscription hear(
      MeshCoordinator mesh, List<MeshEvent> events, BlockingQueue<String> heard) {
    return mesh.subscribe(
        event -> {
          if (events.contains(event)) {
            heard.add(mesh.site() + " " + event);
          }
        });
  }

  private static String take(BlockingQueue<String> queue) throws InterruptedException {
    return String.valueOf(queue.poll(SOON.toSeconds(), TimeUnit.SECONDS));
  }

  @Test
  void failingAndEndedSubscribersDisturbNobody() {
    List<MeshEvent> heard = new CopyOnWriteArrayList<>();
    List<MeshEvent> heardByEnded = new CopyOnWriteArrayList<>();
    MeshEvent event = event(lyon(), newGroup());
    paris().subscribe(heardByEnded::add).close();
    try (Subscription bad =
            paris()
                .subscribe(
                    e -> {
                      throw new IllegalStateException("the test's own fault");
                    });
        Subscription good = paris().subscribe(heard::add)) {
      assertThat(List.of(bad, good)).hasSize(2);
      lyon().publish(event);
      Await.until("paris hears", SOON, () -> heard.contains(event));
    }
    assertThat(heardByEnded).isEmpty();
  }

  @Test
  void oneOfThreeGetsALease() {
    LeaseKey key = newLease();
    Lease first = paris().tryLease(key, TTL_LONG).orElseThrow();
    assertThat(first.local()).isFalse();
    assertThat(first.key()).isEqualTo(key);
    assertThat(lyon().tryLease(key, TTL_LONG)).isEmpty();
    assertThat(rome().tryLease(key, TTL_LONG)).isEmpty();
    assertThat(paris().tryLease(key, TTL_LONG)).as("nor twice at the same site").isEmpty();
    assertThat(rome().tryLease(newLease(), TTL_LONG)).as("another group").isPresent();
  }

  @Test
  void releasedLeaseGoesToTheNextWithALargerEpoch() {
    LeaseKey key = newLease();
    Lease first = paris().tryLease(key, TTL_LONG).orElseThrow();
    first.release();
    first.release();
    Lease second = lyon().tryLease(key, TTL_LONG).orElseThrow();
    second.release();
    Lease third = lyon().tryLease(key, TTL_LONG).orElseThrow();
    assertThat(second.epoch()).isGreaterThan(first.epoch());
    assertThat(third.epoch()).isGreaterThan(second.epoch());
    assertThat(first.renew()).as("released").isFalse();
  }

  @Test
  void expiredLeaseGoesToTheNextAndTheFirstHolderLearnsIt() {
    LeaseKey key = newLease();
    Lease first = paris().tryLease(key, TTL_SHORT).orElseThrow();
    Optional<Lease> next = awaitLease(lyon(), key);
    assertThat(next.orElseThrow().epoch()).isGreaterThan(first.epoch());
    assertThat(first.renew()).isFalse();
    first.release();
    assertThat(rome().tryLease(key, TTL_LONG)).as("the late release changes nothing").isEmpty();
  }

  private Optional<Lease> awaitLease(MeshCoordinator mesh, LeaseKey key) {
    List<Lease> got = new CopyOnWriteArrayList<>();
    Await.until(
        mesh.site() + " gets " + key,
        SOON,
        () -> {
          time(Duration.ofMillis(100));
          mesh.tryLease(key, TTL_LONG).ifPresent(got::add);
          return !got.isEmpty();
        });
    return Optional.of(got.getFirst());
  }

  @Test
  void renewedLeaseStays() {
    LeaseKey key = newLease();
    Lease lease = paris().tryLease(key, TTL_LONG).orElseThrow();
    assertThat(lease.renew()).isTrue();
    assertThat(lyon().tryLease(key, TTL_LONG)).isEmpty();
    lease.release();
    assertThat(lyon().tryLease(key, TTL_LONG)).isPresent();
  }

  @Test
  void statusReachesEverySiteAndTheNewestWins() {
    GroupId group = newGroup();
    lyon().putStatus(status(lyon(), group, 100));
    lyon().putStatus(status(lyon(), group, 200));
    paris().putStatus(status(paris(), group, 100));
    for (MeshCoordinator mesh : List.of(lyon(), paris(), rome())) {
      awaitStatus(mesh, status(lyon(), group, 200), false);
      awaitStatus(mesh, status(paris(), group, 100), false);
    }
  }

  @Test
  void siteSpeaksForItselfOnly() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lyon().putStatus(status(paris(), newGroup(), 1)))
        .withMessageContaining("paris");
  }

  @Test
  void leaseShorterThanASecondIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> lyon().tryLease(newLease(), Duration.ofMillis(999)));
  }

  @Test
  void worksAloneBeforeItIsStarted() {
    MeshCoordinator mesh = create("oslo");
    assertThat(mesh.state().word()).isEqualTo("off");
    LeaseKey key = newLease();
    Lease lease = mesh.tryLease(key, TTL_LONG).orElseThrow();
    assertThat(lease.local()).isTrue();
    assertThat(mesh.tryLease(key, TTL_LONG)).isEmpty();
    assertThat(lease.renew()).isTrue();
    lease.release();
    assertThat(mesh.tryLease(key, TTL_LONG)).isPresent();

    List<MeshEvent> heard = new CopyOnWriteArrayList<>();
    MeshEvent event = event(mesh, newGroup());
    try (Subscription subscription = mesh.subscribe(heard::add)) {
      assertThat(subscription).isNotNull();
      mesh.publish(event);
      Await.until("hears itself", SOON, () -> heard.contains(event));
    }
    SiteStatus status = status(mesh, newGroup(), 5);
    mesh.putStatus(status);
    assertThat(mesh.statuses()).containsExactly(new SeenStatus(status, false));
  }

  @Test
  void siteThatComesAndGoes() {
    MeshCoordinator oslo = create("oslo");
    SiteStatus early = status(oslo, newGroup(), 7);
    SiteStatus older = status(paris(), newGroup(), 8);
    paris().putStatus(older);
    oslo.putStatus(early);
    oslo.start();
    try {
      awaitMembers(rome(), "lyon", "oslo", "paris", "rome");
      awaitMembers(oslo, "lyon", "oslo", "paris", "rome");
      awaitStatus(lyon(), early, false);
      awaitStatus(oslo, older, false);
      LeaseKey key = newLease();
      assertThat(oslo.tryLease(key, TTL_SHORT)).isPresent();

      oslo.stop();
      assertThat(oslo.state().word()).isEqualTo("off");
      awaitMembers(rome(), "lyon", "paris", "rome");
      awaitStatus(lyon(), early, true);
      awaitStatus(oslo, older, true);
      assertThat(oslo.statuses()).contains(new SeenStatus(early, false));
      assertThat(awaitLease(paris(), key)).as("claimed from who is gone").isPresent();
      assertThat(oslo.tryLease(newLease(), TTL_LONG).orElseThrow().local()).isTrue();
    } finally {
      oslo.stop();
    }
  }
}
