package dev.holdfast.node.traffic;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.node.access.StateDirectory;
import dev.holdfast.node.access.StateFile;
import dev.holdfast.replication.wire.RatedConnection;
import dev.holdfast.replication.wire.SharedRate;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps each connection of the listener under the rule that is for it: from its first byte by the
 * peer's address, from its login on by the user as well, and anew when rules change or a time of
 * the day begins or ends. All connections under a rule share its rates. Safe for many threads.
 */
public final class TrafficControl implements AutoCloseable {
  /** How late a time of the day may count. */
  public static final Duration CHECK_INTERVAL = Duration.ofSeconds(60);

  private static final Logger LOG = LoggerFactory.getLogger(TrafficControl.class);

  private final StateFile<SectionConfig> file;
  private final Vertx vertx;
  private final Clock clock;
  private final Map<HttpConnection, Peer> peers = new ConcurrentHashMap<>();

  /** In force now, by name; guarded by this. */
  private final Map<String, Limit> limits = new HashMap<>();

  private List<TrafficRule> rules = List.of();

  private record Limit(TrafficRule rule, SharedRate rate) {
    boolean allowsTheSame(TrafficRule other) {
      return rule.in().equals(other.in()) && rule.out().equals(other.out());
    }
  }

  private static final class Peer {
    final RatedConnection connection;
    final @Nullable InetAddress address;
    @Nullable AuthId user;
    @Nullable SharedRate rate;

    Peer(RatedConnection connection) {
      this.connection = connection;
      // A link's addresses are the same whatever the interface is called.
      String literal = connection.address().split("%", 2)[0];
      this.address = literal.isEmpty() ? null : InetAddress.ofLiteral(literal);
    }
  }

  private TrafficControl(StateFile<SectionConfig> file, Vertx vertx, Clock clock) {
    this.file = file;
    this.vertx = vertx;
    this.clock = clock;
  }

  /** Reads {@code traffic-control.cfg}. */
  public static TrafficControl open(StateDirectory directory, Vertx vertx, Clock clock) {
    TrafficControl control =
        new TrafficControl(
            new StateFile<>(
                directory, TrafficRule.FILE, TrafficRule::parseFile, SectionConfig::format),
            vertx,
            clock);
    control.refresh();
    return control;
  }

  // ---- rules ----

  public StateFile.Loaded<SectionConfig> load() {
    return file.load();
  }

  /** Throws INVALID_INPUT for a rule that means nothing; then nothing has changed. */
  public void update(@Nullable String digest, UnaryOperator<SectionConfig> change) {
    var unused =
        file.update(
            digest,
            old -> {
              SectionConfig changed = change.apply(old);
              changed.sections().forEach(TrafficRule::of);
              return changed;
            });
    refresh();
  }

  /** Reads the file and looks at every connection anew; blocks. */
  public void refresh() {
    List<TrafficRule> read = new ArrayList<>();
    for (Section section : file.value().sections()) {
      try {
        read.add(TrafficRule.of(section));
      } catch (BackupException e) {
        LOG.warn("traffic rule '{}' is not in force: {}", section.id(), e.text());
      }
    }
    enforce(read);
  }

  private synchronized void enforce(List<TrafficRule> read) {
    List<SharedRate> left = new ArrayList<>();
    Map<String, Limit> before = Map.copyOf(limits);
    limits.clear();
    rules = List.copyOf(read);
    for (TrafficRule rule : rules) {
      Limit old = before.get(rule.name());
      SharedRate rate =
          old != null && old.allowsTheSame(rule)
              ? old.rate()
              : new SharedRate(vertx, rule.in(), rule.out());
      limits.put(rule.name(), new Limit(rule, rate));
    }
    before.values().forEach(old -> left.add(old.rate()));
    limits.values().forEach(limit -> left.remove(limit.rate()));
    peers.values().forEach(this::place);
    left.forEach(SharedRate::close);
  }

  /** What goes through a rule now; empty when it is not in force. */
  public synchronized Optional<SharedRate> rate(String rule) {
    return Optional.ofNullable(limits.get(rule)).map(Limit::rate);
  }

  /**
   * Looks at the times of the day from now on.
   *
   * @param later runs something that may block after a time, as long as the node runs
   */
  public void start(BiConsumer<Duration, Runnable> later) {
    later.accept(
        CHECK_INTERVAL,
        () -> {
          refresh();
          start(later);
        });
  }

  // ---- connections ----

  /** On the connection's event loop, before its first request. */
  public void opened(HttpConnection connection) {
    Peer peer = new Peer(RatedConnection.of(connection));
    peers.put(connection, peer);
    peer.connection.onClose(() -> peers.remove(connection));
    synchronized (this) {
      place(peer);
    }
  }

  /** From any thread, with each login. */
  public void authenticated(HttpConnection connection, AuthId user) {
    Peer peer = peers.get(connection);
    if (peer == null) {
      return;
    }
    synchronized (this) {
      if (!user.equals(peer.user)) {
        peer.user = user;
        place(peer);
      }
    }
  }

  /** Holding the lock. */
  private void place(Peer peer) {
    if (peer.address == null) {
      return;
    }
    SharedRate wanted =
        TrafficRule.choose(rules, peer.address, peer.user, LocalDateTime.now(clock))
            .map(rule -> limits.get(rule.name()))
            .map(Limit::rate)
            .orElse(null);
    if (wanted != peer.rate) {
      peer.rate = wanted;
      peer.connection.limit(wanted);
    }
  }

  /** Connections go on without limits. */
  @Override
  public void close() {
    enforce(List.of());
  }
}
