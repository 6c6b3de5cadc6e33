package dev.holdfast.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** At stake: an InfluxDB takes every line, whatever is in names; what is no number is left out. */
final class InfluxLinesTest {
  private final InfluxLines lines =
      new InfluxLines("lyon", Instant.ofEpochSecond(1_700_000_000, 42));

  @Test
  void nameThatMeansSomethingToTheServerIsEscaped() {
    lines.add(
        "a b",
        new TreeMap<>(Map.of("job", "x,y=z\\ \n", "empty", "")),
        new TreeMap<>(Map.of("one", 1.0, "two", 2.5)));
    assertThat(lines.lines())
        .containsExactly("a\\ b,host=lyon,job=x\\,y\\=z/\\ \\  one=1,two=2.5 1700000000000000042");
  }

  @Test
  void whatIsNoNumberIsLeftOut() {
    lines.add("m", new TreeMap<>(), new TreeMap<>(Map.of("x", Double.NaN)));
    lines.add("m", new TreeMap<>(), new TreeMap<>(Map.of("x", Double.NaN, "y", 3.0)));
    assertThat(lines.lines()).containsExactly("m,host=lyon y=3 1700000000000000042");
  }

  @Test
  void meterIsALineWithItsTags() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Counter.builder("holdfast.job.runs").tag("type", "sync").register(registry).increment();
    assertThat(lines.add(registry).lines())
        .containsExactly("holdfast_job_runs,host=lyon,type=sync count=1 1700000000000000042");
  }

  @Test
  void linesArePutTogetherAsFarAsTheyFit() {
    assertThat(Packets.of(List.of("aaa", "bbb", "cccccccccc", "d"), 8))
        .containsExactly("aaa\nbbb\n", "cccccccccc\n", "d\n");
    assertThat(Packets.of(List.of(), 8)).isEmpty();
  }
}
