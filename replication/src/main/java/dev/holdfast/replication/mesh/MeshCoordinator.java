package dev.holdfast.replication.mesh;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the sites of a mesh tell each other: who is there, what was backed up, who transfers what,
 * and what is restorable where. All of it is a hint. The cluster behind it may be split or gone at
 * any moment, so whatever is done on its word must be harmless when the word is wrong.
 *
 * <p>Every method may be called from any thread and returns within {@link #CALL_TIME_MAX}, also
 * when the cluster does not answer. Methods throw for wrong arguments only.
 */
public interface MeshCoordinator {
  /** Longest time that a call waits for the cluster before it goes on without it. */
  Duration CALL_TIME_MAX = Duration.ofSeconds(2);

  /** Longest time that {@link #stop} takes. */
  Duration STOP_TIME_MAX = Duration.ofSeconds(4);

  /** The site that this coordinator speaks for. */
  String site();

  /** Begins to join in the background and returns at once. A second call does nothing. */
  void start();

  /** Leaves the mesh. What was granted stays until its time is over. */
  void stop();

  MeshState state();

  /**
   * Tells every subscriber here and, when the cluster is up, those at the other sites, at most
   * once. Never waits.
   */
  void publish(MeshEvent event);

  /**
   * Calls the listener for events of all sites, this one included, one at a time on a thread of the
   * coordinator. A listener that throws is logged and keeps its subscription.
   */
  Subscription subscribe(Consumer<MeshEvent> listener);

  /**
   * Asks for the right to do one transfer. Empty when somebody holds it, as far as is known. When
   * the cluster is unavailable the lease is granted locally, since two that do the same transfer
   * waste work and damage nothing.
   *
   * @param ttl after which the lease ends unless it is renewed; renew at a third of it. At least
   *     one second.
   */
  Optional<Lease> tryLease(LeaseKey key, Duration ttl);

  /** Announces what this site holds of one group. Only for the own {@link #site}. Never waits. */
  void putStatus(SiteStatus status);

  /** What is known of all sites, in the order of the keys; last known and stale where it is. */
  List<SeenStatus> statuses();

  /** Ends a subscription. */
  interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * The status of one group at one site.
   *
   * @param stale the site is not in the mesh now, so this is what it said last
   */
  record SeenStatus(SiteStatus status, boolean stale) {}
}
