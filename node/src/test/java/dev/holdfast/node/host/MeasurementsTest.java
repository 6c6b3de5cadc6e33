package dev.holdfast.node.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.node.host.Measurements.Sample;
import dev.holdfast.node.host.Measurements.Summary;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** At stake: a chart shows what was measured, and nothing where nothing was. */
final class MeasurementsTest {
  private static final long HALF_HOUR = 1_800_000_000L; // a multiple of 30 minutes

  private static Sample used(long time, double value) {
    return new Sample(time, new TreeMap<>(java.util.Map.of("used", value)));
  }

  @Test
  void stepWithoutAMeasurementHasNoValues() {
    Measurements measurements = new Measurements();
    measurements.add(used(HALF_HOUR + 61, 5));
    List<Sample> steps = measurements.steps(HALF_HOUR, 3, 60, Summary.AVERAGE);
    assertThat(steps)
        .extracting(Sample::time)
        .containsExactly(HALF_HOUR, HALF_HOUR + 60, HALF_HOUR + 120);
    assertThat(steps.get(0).values()).isEmpty();
    assertThat(steps.get(1).values()).containsEntry("used", 5.0);
    assertThat(steps.get(2).values()).isEmpty();
  }

  @Test
  void valuesOfAStepAreAveragedOrTheLargest() {
    Measurements measurements = new Measurements();
    measurements.add(used(HALF_HOUR, 1));
    measurements.add(used(HALF_HOUR + 60, 3));
    assertThat(measurements.steps(HALF_HOUR, 1, 120, Summary.AVERAGE).getFirst().values())
        .containsEntry("used", 2.0);
    assertThat(measurements.steps(HALF_HOUR, 1, 120, Summary.MAX).getFirst().values())
        .containsEntry("used", 3.0);
  }

  @Test
  void dayThatIsOverIsKnownByTheHalfHour() {
    Measurements measurements = new Measurements();
    int minutes = Measurements.VALUES_MAX + 120;
    for (int i = 0; i < minutes; i++) {
      measurements.add(used(HALF_HOUR + 60L * i, i < 30 ? 7 : 9));
    }
    assertThat(measurements.steps(HALF_HOUR, 2, 1800, Summary.AVERAGE))
        .extracting(sample -> sample.values().get("used"))
        .containsExactly(7.0, 9.0);
  }

  @Test
  void lineThroughTheSharesTellsWhenAStoreIsFull() {
    TreeMap<Long, Double> shares = new TreeMap<>();
    for (int i = 0; i < 6; i++) {
      shares.put(100L * i, 0.1 * i);
    }
    assertThat(Measurements.fullAt(shares)).isNaN();
    shares.put(600L, 0.6);
    assertThat(Measurements.fullAt(shares))
        .isCloseTo(1000, org.assertj.core.data.Offset.offset(1e-6));
  }
}
