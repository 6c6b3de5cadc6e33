package dev.holdfast.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.AuthId;
import java.net.InetAddress;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: a backup is held back by the rule that its administrator meant and by no other. Ground
 * truth: spec/engine.md §12.
 */
final class TrafficRuleTest {
  /** A Tuesday. */
  private static final LocalDateTime NOON = LocalDateTime.parse("2026-11-24T12:00:00");

  private static List<TrafficRule> rules(String... sections) {
    return TrafficRule.parseFile(String.join("\n\n", sections).replace("; ", "\n\t") + "\n")
        .sections()
        .stream()
        .map(TrafficRule::of)
        .toList();
  }

  private static String chosen(List<TrafficRule> rules, String peer, @Nullable String user) {
    return chosen(rules, peer, user, NOON);
  }

  private static String chosen(
      List<TrafficRule> rules, String peer, @Nullable String user, LocalDateTime now) {
    AuthId id = user == null ? null : AuthId.parse(user);
    return TrafficRule.choose(rules, InetAddress.ofLiteral(peer), id, now)
        .map(TrafficRule::name)
        .orElse("none");
  }

  @Test
  void smallestNetworkOfThePeerDecides() {
    List<TrafficRule> rules =
        rules(
            "rule: wide; network 10.0.0.0/8; rate-in 1MB",
            "rule: narrow; network 10.1.0.0/23; network 192.168.0.0/16; rate-in 2MB",
            "rule: six; network fd00::/8; rate-in 3MB");
    assertThat(chosen(rules, "10.1.1.9", null)).isEqualTo("narrow");
    assertThat(chosen(rules, "10.1.2.9", null)).isEqualTo("wide");
    assertThat(chosen(rules, "192.168.7.1", null)).isEqualTo("narrow");
    assertThat(chosen(rules, "fd12::1", null)).isEqualTo("six");
    assertThat(chosen(rules, "11.0.0.1", null)).isEqualTo("none");
  }

  @Test
  void firstOfEqualRulesDecides() {
    List<TrafficRule> rules =
        rules("rule: one; network 0.0.0.0/0", "rule: other; network 0.0.0.0/0");
    assertThat(chosen(rules, "10.0.0.1", null)).isEqualTo("one");
  }

  @Test
  void ruleOfTheUserGoesBeforeASmallerNetworkAndHoldsForHisTokens() {
    List<TrafficRule> rules =
        rules(
            "rule: all; network 10.0.0.7/32; rate-in 1MB",
            "rule: hers; network 0.0.0.0/0; rate-in 2MB; users eve@pbs");
    assertThat(chosen(rules, "10.0.0.7", null)).isEqualTo("all");
    assertThat(chosen(rules, "10.0.0.7", "eve@pbs")).isEqualTo("hers");
    assertThat(chosen(rules, "10.0.0.7", "eve@pbs!laptop")).isEqualTo("hers");
    assertThat(chosen(rules, "10.0.0.7", "adam@pbs")).isEqualTo("all");
  }

  @Test
  void ruleHoldsWithinItsTimesOnly() {
    List<TrafficRule> rules =
        rules(
            "rule: work; network 0.0.0.0/0; timeframe mon..fri 8-12:30; timeframe sat 10:00-23:59");
    assertThat(chosen(rules, "10.0.0.1", null, NOON)).isEqualTo("work");
    assertThat(chosen(rules, "10.0.0.1", null, NOON.withHour(8))).isEqualTo("work");
    assertThat(chosen(rules, "10.0.0.1", null, NOON.withHour(7).withMinute(59))).isEqualTo("none");
    assertThat(chosen(rules, "10.0.0.1", null, NOON.withMinute(30))).isEqualTo("none");
    LocalDateTime saturday = NOON.plusDays(4).withHour(23).withMinute(58);
    assertThat(chosen(rules, "10.0.0.1", null, saturday)).isEqualTo("work");
    assertThat(chosen(rules, "10.0.0.1", null, saturday.plusDays(1))).isEqualTo("none");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "network 10.0.0.0/33",
        "network example.org",
        "network 10.0.0.0/8; rate-in fast",
        "network 10.0.0.0/8; rate-in 0",
        "network 10.0.0.0/8; timeframe 12-8",
        "network 10.0.0.0/8; timeframe someday 8-12",
        "network 10.0.0.0/8; timeframe 8-24",
      })
  void whatMeansNothingIsRefused(String properties) {
    assertThatThrownBy(() -> rules("rule: odd; " + properties)).isInstanceOf(BackupException.class);
  }
}
