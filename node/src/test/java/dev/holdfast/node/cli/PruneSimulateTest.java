package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** At stake: rules can be tried before they remove anything, and where no node is. */
final class PruneSimulateTest {
  @Test
  void tableTellsWhatStaysAndWhy() {
    CommandLineRun run =
        CommandLineRun.of(
            "prune", "simulate", "--schedule", "hourly", "--keep-daily", "7", "--keep-weekly", "4");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("kept by", "keep-daily 1", "keep-daily 7", "keep-weekly 4", "11 kept")
        .doesNotContain("keep-weekly 5");
  }

  @Test
  void jsonHasEveryLifeAndTheCounts() throws IOException {
    CommandLineRun run =
        CommandLineRun.of(
            "prune",
            "simulate",
            "--schedule",
            "daily",
            "--keep-last",
            "3",
            "--span",
            "10d",
            "--output",
            "json");
    JsonNode json = new JsonMapper().readTree(run.out());
    assertThat(json.path("kept").asInt()).isEqualTo(3);
    assertThat(json.path("snapshots").size()).isBetween(10, 11);
    assertThat(json.path("snapshots").path(0).path("rule").asText()).isEqualTo("keep-last");
    assertThat(json.path("counts").findValuesAsText("snapshots")).endsWith("3");
  }

  @Test
  void bytesAreToldToWhoSaysHowMuchABackupBrings() throws IOException {
    String[] plan = {
      "prune",
      "simulate",
      "--schedule",
      "daily",
      "--keep-last",
      "3",
      "--size",
      "10GiB",
      "--change",
      "1GiB"
    };
    CommandLineRun run = CommandLineRun.of(plan);
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("12.0 GiB in those kept, at most 12.0 GiB at a time");
    CommandLineRun json =
        CommandLineRun.of(
            Stream.concat(Stream.of(plan), Stream.of("--output", "json")).toArray(String[]::new));
    JsonNode result = new JsonMapper().readTree(json.out());
    assertThat(result.path("bytes").asLong()).isEqualTo(12L << 30);
    assertThat(result.path("bytes-max").asLong()).isEqualTo(12L << 30);
    assertThat(result.path("counts").path(0).path("bytes").asLong()).isEqualTo(10L << 30);
  }

  @Test
  void pruneItselfStillWantsAGroup() {
    CommandLineRun run = CommandLineRun.of("prune", "--keep-last", "3");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE.number());
    assertThat(run.err()).contains("no group was named");
  }
}
