package dev.holdfast.node.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.node.access.SectionConfig.Section;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** At stake: who asked to hear of something does, and nobody is woken for the rest. */
final class MatcherTest {
  private static final ZoneId PARIS = ZoneId.of("Europe/Paris");

  /** Of 20:30 in Paris, a Wednesday. */
  private static Notification event(Severity severity, String... fields) {
    SortedMap<String, String> map = new TreeMap<>();
    for (int i = 0; i < fields.length; i += 2) {
      map.put(fields[i], fields[i + 1]);
    }
    return new Notification(severity, Instant.parse("2024-05-01T18:30:00Z"), map, "title", "text");
  }

  private static boolean matches(Notification event, String... properties) {
    SortedMap<String, List<String>> map = new TreeMap<>();
    for (int i = 0; i < properties.length; i += 2) {
      map.computeIfAbsent(properties[i], key -> new ArrayList<>()).add(properties[i + 1]);
    }
    return Matcher.of(new Section(Matcher.TYPE, "one", map), PARIS).matches(event);
  }

  @Test
  void withoutConditionsEverythingMatches() {
    assertThat(matches(event(Severity.INFO))).isTrue();
    assertThat(matches(event(Severity.INFO), "disable", "true")).isFalse();
    assertThat(matches(event(Severity.INFO), "invert-match", "true")).isFalse();
  }

  @Test
  void severityIsOneOfThoseNamed() {
    assertThat(matches(event(Severity.ERROR), "match-severity", "warning,error")).isTrue();
    assertThat(matches(event(Severity.INFO), "match-severity", "warning,error")).isFalse();
  }

  @Test
  void fieldIsExactlyOrLike() {
    Notification prune = event(Severity.INFO, "type", "prune", "datastore", "main-lyon");
    assertThat(matches(prune, "match-field", "exact:type=gc,prune")).isTrue();
    assertThat(matches(prune, "match-field", "exact:type=pru")).isFalse();
    assertThat(matches(prune, "match-field", "regex:datastore=^main-")).isTrue();
    assertThat(matches(prune, "match-field", "regex:datastore=^lyon")).isFalse();
    assertThat(matches(prune, "match-field", "exact:job-id=x")).isFalse();
  }

  @Test
  void hoursAreThoseOfTheZone() {
    assertThat(matches(event(Severity.INFO), "match-calendar", "mon..fri 20-21")).isTrue();
    assertThat(matches(event(Severity.INFO), "match-calendar", "18-19")).isFalse();
  }

  @Test
  void modeSaysWhetherAllOrAnyMustBe() {
    String[] two = {"match-severity", "error", "match-field", "exact:type=prune"};
    Notification prune = event(Severity.INFO, "type", "prune");
    assertThat(matches(prune, two)).isFalse();
    assertThat(matches(prune, "mode", "any", two[0], two[1], two[2], two[3])).isTrue();
  }

  @Test
  void theBuiltInOneLeavesOutPrunesThatWentWell() {
    String[] conditions = {
      "mode",
      "all",
      "invert-match",
      "true",
      "match-field",
      "exact:type=prune",
      "match-severity",
      "info"
    };
    assertThat(matches(event(Severity.INFO, "type", "prune"), conditions)).isFalse();
    assertThat(matches(event(Severity.ERROR, "type", "prune"), conditions)).isTrue();
    assertThat(matches(event(Severity.INFO, "type", "gc"), conditions)).isTrue();
  }

  @Test
  void conditionThatCannotBeIsRefused() {
    for (String[] bad :
        new String[][] {
          {"match-field", "type"},
          {"match-field", "like:type=x"},
          {"match-field", "regex:type=("},
          {"match-severity", "bad"},
          {"match-calendar", "25-26"},
          {"mode", "some"}
        }) {
      assertThatThrownBy(() -> matches(event(Severity.INFO), bad))
          .as("%s", (Object) bad[1])
          .isInstanceOf(dev.holdfast.chunkstore.error.BackupException.class);
    }
  }
}
