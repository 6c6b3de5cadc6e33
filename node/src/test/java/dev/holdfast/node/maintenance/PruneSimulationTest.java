package dev.holdfast.node.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.prune.KeepRules;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.meshconfig.CalendarEvent;
import dev.holdfast.node.maintenance.PruneSimulation.Count;
import dev.holdfast.node.maintenance.PruneSimulation.Plan;
import dev.holdfast.node.maintenance.PruneSimulation.Result;
import dev.holdfast.node.maintenance.PruneSimulation.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** At stake: who believes the simulation finds in a year what it said. */
final class PruneSimulationTest {
  private static final String START = "2024-01-01T00:00:00Z"; // a Monday

  private static long at(String time) {
    return Instant.parse(time).getEpochSecond();
  }

  private static Plan plan(String backups, String prunes, Map<Period, Long> rules, String end) {
    return new Plan(
        CalendarEvent.parse(backups),
        prunes.isEmpty() ? Optional.empty() : Optional.of(CalendarEvent.parse(prunes)),
        new KeepRules(rules),
        Duration.ZERO,
        ZoneOffset.UTC,
        at(START),
        at(end));
  }

  private static List<String> kept(Result result) {
    return result.kept().stream()
        .map(snapshot -> Instant.ofEpochSecond(snapshot.made()) + " " + snapshot.reason())
        .toList();
  }

  @Test
  void tellsWhichRuleKeepsEachAndItsPlaceInTheRule() {
    Result result =
        PruneSimulation.run(
            plan(
                "12:00",
                "",
                Map.of(Period.LAST, 1L, Period.DAILY, 2L, Period.WEEKLY, 2L),
                "2024-01-31T13:00:00Z"));
    assertThat(kept(result))
        .containsExactly(
            "2024-01-31T12:00:00Z keep-last 1",
            "2024-01-30T12:00:00Z keep-daily 1",
            "2024-01-29T12:00:00Z keep-daily 2",
            "2024-01-28T12:00:00Z keep-weekly 1",
            "2024-01-21T12:00:00Z keep-weekly 2");
    assertThat(result.snapshots()).hasSize(31);
    assertThat(result.countMax()).isEqualTo(5);
    assertThat(result.counts()).hasSize(31).startsWith(new Count(at("2024-01-01T12:00:00Z"), 1));
  }

  @Test
  void lifeEndsAtThePruneThatRemovesIt() {
    Result result =
        PruneSimulation.run(plan("12:00", "", Map.of(Period.LAST, 3L), "2024-01-10T13:00:00Z"));
    List<Snapshot> removed =
        result.snapshots().stream().filter(snapshot -> snapshot.removed().isPresent()).toList();
    assertThat(removed)
        .hasSize(7)
        .allSatisfy(
            snapshot -> {
              assertThat(snapshot.lifeSeconds(result.plan().end()))
                  .isEqualTo(Duration.ofDays(3).toSeconds());
              assertThat(snapshot.reason()).isEqualTo("keep-last 3");
            });
  }

  @Test
  void snapshotsStayUntilTheScheduleOfThePruneComes() {
    Result result =
        PruneSimulation.run(
            plan("hourly", "sun 12:00", Map.of(Period.DAILY, 1L), "2024-01-14T12:30:00Z"));
    assertThat(result.counts())
        .containsExactly(
            new Count(at("2024-01-07T12:00:00Z"), 1), new Count(at("2024-01-14T12:00:00Z"), 1));
    assertThat(kept(result)).containsExactly("2024-01-14T12:00:00Z keep-daily 1");
  }

  @Test
  void snapshotsAfterTheLastPruneAreThereAndNoRuleKeepsThem() {
    Result result =
        PruneSimulation.run(
            plan("12:00", "sun 18:00", Map.of(Period.LAST, 1L), "2024-01-09T13:00:00Z"));
    assertThat(kept(result))
        .containsExactly(
            "2024-01-09T12:00:00Z ", "2024-01-08T12:00:00Z ", "2024-01-07T12:00:00Z keep-last 1");
  }

  @Test
  void whatAHoldKeepsStaysUntilItsEndAndNoLonger() {
    Plan free = plan("12:00", "", Map.of(Period.LAST, 2L), "2024-01-31T13:00:00Z");
    Plan held =
        new Plan(
            free.backups(),
            free.prunes(),
            free.rules(),
            Duration.ofDays(4),
            free.zone(),
            free.start(),
            free.end());
    Result result = PruneSimulation.run(held);
    assertThat(kept(result))
        .containsExactly(
            "2024-01-31T12:00:00Z keep-last 1",
            "2024-01-30T12:00:00Z keep-last 2",
            "2024-01-29T12:00:00Z hold",
            "2024-01-28T12:00:00Z hold");
    assertThat(result.snapshots().get(10).lifeSeconds(held.end()))
        .isEqualTo(Duration.ofDays(4).toSeconds());
  }

  @Test
  void withoutRulesEverythingStays() {
    Result result = PruneSimulation.run(plan("12:00", "", Map.of(), "2024-03-01T00:00:00Z"));
    assertThat(result.kept()).hasSize(60);
    assertThat(result.countMax()).isEqualTo(60);
  }

  @Test
  void periodsAreThoseOfTheZone() {
    Plan utc = plan("23:30 UTC", "", Map.of(Period.DAILY, 2L), "2024-04-02T00:00:00Z");
    Plan paris =
        new Plan(
            utc.backups(),
            utc.prunes(),
            utc.rules(),
            utc.hold(),
            ZoneId.of("Europe/Paris"),
            utc.start(),
            utc.end());
    assertThat(PruneSimulation.run(paris).kept()).hasSize(2);
    assertThat(kept(PruneSimulation.run(paris))).isEqualTo(kept(PruneSimulation.run(utc)));
  }

  @Test
  void whatWouldTakeTooLongIsRefused() {
    assertThatThrownBy(
            () -> PruneSimulation.run(plan("minutely", "", Map.of(), "2024-12-31T00:00:00Z")))
        .hasMessage("the simulation looks at more than 10000000 snapshots");
    assertThatThrownBy(() -> plan("daily", "", Map.of(), START))
        .hasMessageContaining("expected later than its start");
  }
}
