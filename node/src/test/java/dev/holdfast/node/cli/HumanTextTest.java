package dev.holdfast.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: a number is read right at a glance, at the edges between units too. */
final class HumanTextTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1536, 1.5 KiB",
    "1048575, 1.0 MiB",
    "1048576, 1.0 MiB",
    "9223372036854775807, 8.0 EiB",
  })
  void bytes(long bytes, String text) {
    assertThat(HumanText.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.0 s",
    "850, 0.9 s",
    "59999, 60.0 s",
    "65000, 1 min 05 s",
    "7260000, 2 h 01 min"
  })
  void durations(long millis, String text) {
    assertThat(HumanText.duration(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @Test
  void percentOfNothingIsZero() {
    assertThat(HumanText.percent(0, 0)).isEqualTo("0.0 %");
    assertThat(HumanText.percent(989, 1000)).isEqualTo("98.9 %");
  }
}
