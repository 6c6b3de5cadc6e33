package dev.holdfast.replication.mesh;

import dev.holdfast.replication.mesh.MeshCoordinator.SeenStatus;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The statuses of one coordinator: its own, which it sends until they are sent, and what it knows
 * of the others.
 */
final class StatusBoard {
  private static final Logger LOG = LoggerFactory.getLogger(StatusBoard.class);

  /** Statuses sent at once: the members on their way are told in parallel. */
  private static final int BATCH = 500;

  /** Statuses remembered, of all sites; what comes above is ignored. */
  private static final int KNOWN_MAX = 100_000;

  private final String site;
  private final Supplier<@Nullable Consumer<Map<String, String>>> target;
  private final Executor outbox = MeshThreads.oneByOne("mesh-status");
  private final Map<String, SiteStatus> own = new ConcurrentSkipListMap<>();
  private final Map<String, SiteStatus> known = new ConcurrentSkipListMap<>();
  private final Set<String> unsent = ConcurrentHashMap.newKeySet();

  /**
   * @param target where texts are put, by key; null while there is nowhere. It may block and throw.
   */
  StatusBoard(String site, Supplier<@Nullable Consumer<Map<String, String>>> target) {
    this.site = site;
    this.target = target;
  }

  void put(SiteStatus status) {
    status.requireWriter(site);
    own.put(status.key(), status);
    send(Set.of(status.key()));
  }

  void sendAll() {
    send(own.keySet());
  }

  /** Marks and sends in the background; whatever was marked twice is sent once. */
  private void send(Set<String> keys) {
    unsent.addAll(keys);
    if (target.get() == null) {
      return;
    }
    try {
      outbox.execute(this::flush);
    } catch (RejectedExecutionException e) {
      LOG.debug("status is sent by one of the many tasks that wait already");
    }
  }

  private void flush() {
    Consumer<Map<String, String>> to = target.get();
    while (to != null && !unsent.isEmpty()) {
      Map<String, String> batch = takeBatch();
      try {
        to.accept(batch);
      } catch (RuntimeException e) {
        unsent.addAll(batch.keySet());
        LOG.debug("{} statuses wait for the next one", batch.size(), e);
        return;
      }
      to = target.get();
    }
  }

  private Map<String, String> takeBatch() {
    Map<String, String> batch = new HashMap<>();
    for (String key : List.copyOf(unsent)) {
      unsent.remove(key); // before it is read: a change from now on marks it again
      SiteStatus status = own.get(key);
      if (status != null) {
        batch.put(key, MeshJson.encode(status));
      }
      if (batch.size() == BATCH) {
        break;
      }
    }
    return batch;
  }

  /** Takes what other sites announced. */
  void learn(Collection<String> texts) {
    texts.forEach(text -> MeshJson.decodeStatus(text).ifPresent(this::remember));
  }

  private void remember(SiteStatus status) {
    if (known.size() < KNOWN_MAX || known.containsKey(status.key())) {
      known.put(status.key(), status);
    }
  }

  /** All that is known, ordered by key; stale where the site is not present, except the own. */
  List<SeenStatus> seen(Set<String> present) {
    known.putAll(own);
    return known.values().stream()
        .map(s -> new SeenStatus(s, !s.site().equals(site) && !present.contains(s.site())))
        .toList();
  }
}
