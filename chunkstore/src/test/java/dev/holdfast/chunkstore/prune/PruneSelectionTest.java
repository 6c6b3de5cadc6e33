package dev.holdfast.chunkstore.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.prune.KeepRules.Period;
import dev.holdfast.chunkstore.prune.PruneSelection.Candidate;
import dev.holdfast.chunkstore.prune.PruneSelection.Mark;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** At stake: a rule removes what its author expects, and never anything else. */
class PruneSelectionTest {
  @ParameterizedTest
  @ValueSource(strings = {"UTC", "Europe/Paris"})
  void keepsWhatARealServerKeeps(String zone) throws IOException {
    JsonNode vectors = Vectors.json("pbs-3.2.4/prune-simulation.json");
    int compared = 0;
    for (JsonNode answer : vectors.path("zones").path(zone)) {
      if (answer.has("error")) {
        assertThatThrownBy(() -> rules(answer.path("rule")))
            .as("%s", answer)
            .isInstanceOf(BackupException.class);
        continue;
      }
      String name = answer.path("group").asText();
      List<Candidate> group = group(vectors.path("groups").path(name));
      KeepRules rules = rules(answer.path("rule"));
      Map<Long, Mark> marks = PruneSelection.select(group, rules, ZoneId.of(zone));
      Set<Long> kept = new TreeSet<>();
      marks.forEach(
          (time, mark) -> {
            if (rules.keepAll() || mark != Mark.REMOVE) {
              kept.add(time);
            }
          });
      assertThat(kept).as("%s %s", name, rules).isEqualTo(kept(answer.path("kept"), group));
      compared++;
    }
    assertThat(compared).isGreaterThan(250);
  }

  private static List<Candidate> group(JsonNode snapshots) {
    List<Candidate> group = new ArrayList<>();
    for (JsonNode snapshot : snapshots) {
      group.add(
          new Candidate(
              snapshot.path("t").asLong(),
              !snapshot.path("unfinished").asBoolean(),
              snapshot.path("protected").asBoolean(),
              false));
    }
    return group;
  }

  private static KeepRules rules(JsonNode rule) {
    Map<Period, Long> counts = new EnumMap<>(Period.class);
    for (Period period : Period.values()) {
      if (rule.has(period.option())) {
        counts.put(period, rule.path(period.option()).asLong());
      }
    }
    return new KeepRules(counts);
  }

  private static Set<Long> kept(JsonNode kept, List<Candidate> group) {
    Set<Long> times = new TreeSet<>();
    if (kept.isTextual()) {
      group.forEach(candidate -> times.add(candidate.time()));
    } else {
      kept.forEach(time -> times.add(time.asLong()));
    }
    return times;
  }

  @Test
  void aProtectedSnapshotStaysAndSatisfiesNoRule() {
    List<Candidate> group =
        List.of(
            new Candidate(100, true, false, false),
            new Candidate(200, true, false, false),
            new Candidate(300, true, true, false));
    assertThat(PruneSelection.select(group, new KeepRules(Map.of(Period.LAST, 1L)), ZoneOffset.UTC))
        .containsExactly(
            Map.entry(300L, Mark.PROTECTED),
            Map.entry(200L, Mark.KEEP),
            Map.entry(100L, Mark.REMOVE));
  }

  @Test
  void aHeldSnapshotStaysAndCountsForTheRulesLikeAnyOther() {
    List<Candidate> group =
        List.of(
            new Candidate(100, true, false, true),
            new Candidate(200, true, false, true),
            new Candidate(300, true, false, true),
            new Candidate(400, true, true, true));
    assertThat(PruneSelection.select(group, new KeepRules(Map.of(Period.LAST, 1L)), ZoneOffset.UTC))
        .containsExactly(
            Map.entry(400L, Mark.PROTECTED),
            Map.entry(300L, Mark.KEEP),
            Map.entry(200L, Mark.HELD),
            Map.entry(100L, Mark.HELD));
  }

  @Test
  void rulesReadAsOnACommandLine() {
    assertThat(new KeepRules(Map.of(Period.YEARLY, 2L, Period.LAST, 3L)))
        .hasToString("--keep-last 3 --keep-yearly 2");
  }

  // ---- properties ----

  /** Of two years, denser towards the present, as groups are. */
  @Provide
  Arbitrary<List<Candidate>> groups() {
    long now = Instant.parse("2024-06-05T12:00:00Z").getEpochSecond();
    Arbitrary<Long> ages =
        Arbitraries.oneOf(
            Arbitraries.longs().between(0, 3 * 86_400),
            Arbitraries.longs().between(0, 60 * 86_400),
            Arbitraries.longs().between(0, 700 * 86_400));
    return Combinators.combine(
            ages.set().ofMinSize(1).ofMaxSize(40),
            Arbitraries.integers().between(0, 9).list().ofSize(40))
        .as(
            (set, kinds) -> {
              List<Candidate> group = new ArrayList<>();
              for (long age : set) {
                int kind = kinds.get(group.size());
                group.add(new Candidate(now - age, kind != 0, kind == 1, false));
              }
              return group;
            });
  }

  @Provide
  Arbitrary<KeepRules> someRules() {
    return Arbitraries.maps(Arbitraries.of(Period.class), Arbitraries.longs().between(1, 8))
        .ofMinSize(1)
        .map(KeepRules::new);
  }

  private static Set<Long> keptOf(List<Candidate> group, KeepRules rules) {
    Set<Long> kept = new TreeSet<>();
    PruneSelection.select(group, rules, ZoneId.of("Europe/Paris"))
        .forEach(
            (time, mark) -> {
              if (mark != Mark.REMOVE) {
                kept.add(time);
              }
            });
    return kept;
  }

  @Property
  void pruningAgainRemovesNothingMore(
      @ForAll("groups") List<Candidate> group, @ForAll("someRules") KeepRules rules) {
    Set<Long> kept = keptOf(group, rules);
    List<Candidate> left = group.stream().filter(c -> kept.contains(c.time())).toList();
    assertThat(keptOf(left, rules)).isEqualTo(kept);
  }

  @Property
  void aHoldPutsOffWhatTheRulesRemoveAndChangesNothingElse(
      @ForAll("groups") List<Candidate> group,
      @ForAll("someRules") KeepRules rules,
      @ForAll @LongRange(min = 0, max = 700) long holdDays) {
    long now = group.stream().mapToLong(Candidate::time).max().orElseThrow();
    List<Candidate> held =
        group.stream()
            .map(
                c ->
                    new Candidate(
                        c.time(),
                        c.isFinished(),
                        c.isProtected(),
                        c.isFinished() && c.time() > now - holdDays * 86_400))
            .toList();
    Set<Long> stays = keptOf(held, rules);
    Set<Long> byRules = keptOf(group, rules);
    for (Candidate candidate : held) {
      assertThat(stays.contains(candidate.time()))
          .isEqualTo(candidate.isHeld() || byRules.contains(candidate.time()));
    }
    List<Candidate> later = group.stream().filter(c -> stays.contains(c.time())).toList();
    assertThat(keptOf(later, rules)).isEqualTo(byRules);
  }

  /** A week lies in two months at times, so there the weekly rule can take a month's snapshot. */
  @Property
  void relaxingARuleNeverRemovesMore(
      @ForAll("groups") List<Candidate> group,
      @ForAll("someRules") KeepRules rules,
      @ForAll Period period,
      @ForAll @LongRange(min = 1, max = 20) long more) {
    Map<Period, Long> counts = new EnumMap<>(rules.counts());
    counts.merge(period, more, Long::sum);
    Assume.that(
        !counts.containsKey(Period.WEEKLY)
            || (!counts.containsKey(Period.MONTHLY) && !counts.containsKey(Period.YEARLY)));
    assertThat(keptOf(group, new KeepRules(counts))).containsAll(keptOf(group, rules));
  }

  @Property
  void newestFinishedAndProtectedOnesAlwaysStay(
      @ForAll("groups") List<Candidate> group, @ForAll("someRules") KeepRules rules) {
    Set<Long> kept = keptOf(group, rules);
    group.stream()
        .filter(candidate -> candidate.isFinished() && !candidate.isProtected())
        .mapToLong(Candidate::time)
        .max()
        .ifPresent(newest -> assertThat(kept).contains(newest));
    assertThat(kept)
        .containsAll(group.stream().filter(Candidate::isProtected).map(Candidate::time).toList());
  }

  /**
   * As with real servers: the week of 29 April is a week of May for the rule that sees it first.
   */
  @Test
  void weeklyRuleTakesTheSnapshotOfAMonthInItsWeek() {
    long thursday = Instant.parse("2024-05-02T12:00:00Z").getEpochSecond();
    long tuesday = Instant.parse("2024-04-30T12:00:00Z").getEpochSecond();
    long earlier = Instant.parse("2024-04-10T12:00:00Z").getEpochSecond();
    long now = Instant.parse("2024-05-20T12:00:00Z").getEpochSecond();
    List<Candidate> group =
        List.of(
            new Candidate(now, true, false, false),
            new Candidate(thursday, true, false, false),
            new Candidate(tuesday, true, false, false),
            new Candidate(earlier, true, false, false));
    assertThat(keptOf(group, new KeepRules(Map.of(Period.WEEKLY, 1L, Period.MONTHLY, 1L))))
        .containsExactly(tuesday, now);
    assertThat(keptOf(group, new KeepRules(Map.of(Period.WEEKLY, 2L, Period.MONTHLY, 1L))))
        .containsExactly(earlier, thursday, now);
  }
}
