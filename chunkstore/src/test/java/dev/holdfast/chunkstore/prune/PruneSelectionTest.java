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
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
              snapshot.path("protected").asBoolean()));
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
            new Candidate(100, true, false),
            new Candidate(200, true, false),
            new Candidate(300, true, true));
    assertThat(PruneSelection.select(group, new KeepRules(Map.of(Period.LAST, 1L)), ZoneOffset.UTC))
        .containsExactly(
            Map.entry(300L, Mark.PROTECTED),
            Map.entry(200L, Mark.KEEP),
            Map.entry(100L, Mark.REMOVE));
  }

  @Test
  void rulesReadAsOnACommandLine() {
    assertThat(new KeepRules(Map.of(Period.YEARLY, 2L, Period.LAST, 3L)))
        .hasToString("--keep-last 3 --keep-yearly 2");
  }
}
