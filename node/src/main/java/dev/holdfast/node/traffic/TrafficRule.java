package dev.holdfast.node.traffic;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.meshconfig.DailyDuration;
import dev.holdfast.node.access.SectionConfig;
import dev.holdfast.node.access.SectionConfig.Schema;
import dev.holdfast.node.access.SectionConfig.Section;
import dev.holdfast.replication.wire.TransferRate;
import java.net.InetAddress;
import java.time.LocalDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How fast the peers of some networks may go, all together; a section of {@code
 * traffic-control.cfg} (spec/engine.md §12, spec/formats.md §10.8).
 *
 * @param in what they may send to this node
 * @param users whose connections it is for; empty = everybody's
 * @param times when it is in force; empty = always
 */
public record TrafficRule(
    String name,
    List<Network> networks,
    TransferRate in,
    TransferRate out,
    Set<AuthId> users,
    List<DailyDuration> times) {
  public static final String FILE = "traffic-control.cfg";
  static final String TYPE = "rule";

  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          TYPE,
          new Schema(
              Set.of(
                  "network",
                  "rate-in",
                  "rate-out",
                  "burst-in",
                  "burst-out",
                  "timeframe",
                  "users",
                  "comment"),
              Set.of("network"),
              Set.of("network", "timeframe", "users")));

  public TrafficRule {
    networks = List.copyOf(networks);
    users = Set.copyOf(users);
    times = List.copyOf(times);
  }

  /** Throws INVALID_INPUT naming the line. */
  public static SectionConfig parseFile(String text) {
    return SectionConfig.parse(text, SCHEMAS);
  }

  /** Throws INVALID_INPUT naming the value that means nothing. */
  public static TrafficRule of(Section section) {
    return new TrafficRule(
        section.id(),
        all(section, "network").stream().map(Network::parse).toList(),
        rate(section, "rate-in", "burst-in"),
        rate(section, "rate-out", "burst-out"),
        all(section, "users").stream().map(AuthId::parse).collect(Collectors.toSet()),
        all(section, "timeframe").stream().map(DailyDuration::parse).toList());
  }

  private static List<String> all(Section section, String key) {
    return section.properties().getOrDefault(key, List.of());
  }

  /** A burst without a rate limits nothing. */
  private static TransferRate rate(Section section, String rateKey, String burstKey) {
    String rate = section.value(rateKey);
    String burst = section.value(burstKey);
    long burstBytes = burst == null ? 0 : ByteCount.parse(burst).bytes();
    if (rate == null) {
      return TransferRate.UNLIMITED;
    }
    long bytes = ByteCount.parse(rate).bytes();
    if (bytes == 0) {
      throw BackupException.invalid("'" + rateKey + "' of '" + section.id() + "' is 0");
    }
    return new TransferRate(bytes, burst == null ? bytes : burstBytes);
  }

  /**
   * The rule for a connection: of those in force one with users before one without, then the one
   * with the smallest network, then the first.
   *
   * @param user who logged in on it; null before
   */
  static Optional<TrafficRule> choose(
      List<TrafficRule> rules, InetAddress peer, @Nullable AuthId user, LocalDateTime now) {
    return rules.stream()
        .filter(rule -> rule.isFor(peer, user, now))
        .max(
            Comparator.comparing((TrafficRule rule) -> !rule.users.isEmpty())
                .thenComparing(rule -> rule.prefixBits(peer).orElse(0))
                .thenComparing(rules::indexOf, Comparator.reverseOrder()));
  }

  private boolean isFor(InetAddress peer, @Nullable AuthId user, LocalDateTime now) {
    return prefixBits(peer).isPresent()
        && (times.isEmpty() || times.stream().anyMatch(time -> time.contains(now)))
        && (users.isEmpty() || (user != null && users.contains(user.owner())));
  }

  /** Of the smallest network that the peer is in. */
  private OptionalInt prefixBits(InetAddress peer) {
    return networks.stream()
        .filter(network -> network.contains(peer))
        .mapToInt(Network::prefixBits)
        .max();
  }
}
