package dev.holdfast.chunkstore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** At stake: no namespace is held shorter than somebody above it was promised. */
class HoldsTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
  private static final Holds HOLDS =
      new Holds(
          Map.of(
              Namespace.ROOT,
              Duration.ofHours(36),
              Namespace.parse("a"),
              Duration.ofDays(30),
              Namespace.parse("a/short"),
              Duration.ofHours(1),
              Namespace.parse("b"),
              Duration.ofMinutes(90)));

  @Test
  void theLongestOfANamespaceAndThoseAboveCounts() {
    assertThat(HOLDS.of(Namespace.ROOT)).hasHours(36);
    assertThat(HOLDS.of(Namespace.parse("a"))).hasDays(30);
    assertThat(HOLDS.of(Namespace.parse("a/short/deeper"))).hasDays(30);
    assertThat(HOLDS.of(Namespace.parse("b"))).hasHours(36);
    assertThat(HOLDS.of(Namespace.parse("ab"))).hasHours(36);
  }

  @Test
  void withoutAHoldNothingIsHeld() {
    assertThat(Holds.NONE.of(Namespace.parse("a"))).isZero();
    assertThat(Holds.NONE.held(Namespace.ROOT, snapshot(NOW), NOW)).isEmpty();
  }

  @Test
  void itSaysUntilWhenAndWhoSaysSo() {
    assertThat(HOLDS.held(Namespace.parse("a/short"), snapshot(NOW), NOW).orElseThrow().text())
        .isEqualTo(
            "held until 2026-04-03T05:06:07Z by the hold of 30d on namespace 'a' (mesh.yaml)");
    assertThat(HOLDS.held(Namespace.parse("c"), snapshot(NOW), NOW).orElseThrow().text())
        .isEqualTo(
            "held until 2026-03-05T17:06:07Z by the hold of 1d 12h on the root namespace"
                + " (mesh.yaml)");
  }

  @Test
  void theBackupOfTheFarFutureIsHeldToo() {
    SnapshotId last = GroupId.parse("vm/1").at(SnapshotId.TIME_MAX);
    assertThat(HOLDS.held(Namespace.ROOT, last, NOW)).isPresent();
  }

  @Test
  void aHoldOfNothingIsRefused() {
    assertThatThrownBy(() -> new Holds(Map.of(Namespace.parse("a"), Duration.ofMillis(999))))
        .hasMessage("the hold of namespace 'a' is PT0.999S, expected 1s or more");
  }

  private static SnapshotId snapshot(Instant time) {
    return GroupId.parse("vm/1").at(time.getEpochSecond());
  }
}
