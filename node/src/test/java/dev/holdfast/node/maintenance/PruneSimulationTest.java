package dev.holdfast.node.maintenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

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
import java.util.OptionalLong;
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
        Optional.empty(),
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
    assertThat(result.counts())
        .hasSize(31)
        .startsWith(new Count(at("2024-01-01T12:00:00Z"), 1, OptionalLong.empty()));
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
        .extracting(Count::time, Count::snapshots)
        .containsExactly(
            tuple(at("2024-01-07T12:00:00Z"), 1), tuple(at("2024-01-14T12:00:00Z"), 1));
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
            free.volume(),
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

  private static Plan with(Plan plan, BackupVolume volume) {
    return new Plan(
        plan.backups(),
        plan.prunes(),
        plan.rules(),
        Optional.of(volume),
        plan.hold(),
        plan.zone(),
        plan.start(),
        plan.end());
  }

  @Test
  void whatIsKeptTakesOneBackupAndWhatChangedBetween() {
    Map<Period, Long> rules = Map.of(Period.LAST, 2L, Period.WEEKLY, 2L);
    Plan plan = plan("12:00", "", rules, "2024-01-31T13:00:00Z");
    Result result = PruneSimulation.run(with(plan, new BackupVolume(1000, 100)));
    assertThat(kept(result))
        .containsExactly(
            "2024-01-31T12:00:00Z keep-last 1",
            "2024-01-30T12:00:00Z keep-last 2",
            "2024-01-28T12:00:00Z keep-weekly 1",
            "2024-01-21T12:00:00Z keep-weekly 2");
    // 7 backups, 2 and 1 later: of nine tenths each time, so much is new.
    double expected =
        1000 + 1000 * (1 - Math.pow(0.9, 7)) + 1000 * (1 - Math.pow(0.9, 2)) + 1000 * (1 - 0.9);
    assertThat(result.bytes()).hasValue(Math.round(expected));
    assertThat(result.counts().getFirst().bytes()).hasValue(1000);
    assertThat(result.bytesMax().orElse(0)).isGreaterThanOrEqualTo(Math.round(expected));
    assertThat(PruneSimulation.run(plan).bytes()).isEmpty();
  }

  @Test
  void volumeSaysWhatSeveralBackupsShare() {
    BackupVolume still = new BackupVolume(1000, 0);
    assertThat(still.heldBytes(List.of(3, 8, 9))).isEqualTo(1000);
    BackupVolume fresh = new BackupVolume(1000, 1000);
    assertThat(fresh.heldBytes(List.of(3, 8, 9))).isEqualTo(3000);
    assertThat(fresh.heldBytes(List.of())).isZero();
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
            utc.volume(),
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
