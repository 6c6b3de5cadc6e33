package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * At stake: what is to happen at some hours happens at those. All answers recorded from the
 * original (vectors/pbs-3.2.4/calendar-events.json) are asked again.
 */
class DailyDurationTest {
  @Test
  void answersAsTheOriginal() throws IOException {
    int count = 0;
    for (Map.Entry<String, JsonNode> zone :
        VectorJson.read("pbs-3.2.4/calendar-events.json").get("zones").properties()) {
      for (JsonNode duration : zone.getValue().get("daily_durations")) {
        String spec = duration.get("spec").textValue();
        if (duration.has("error")) {
          assertThatThrownBy(() -> DailyDuration.parse(spec))
              .as(spec)
              .hasMessageStartingWith("unable to parse daily duration at '");
          continue;
        }
        DailyDuration parsed = DailyDuration.parse(spec);
        for (JsonNode match : duration.get("match")) {
          LocalDateTime local =
              Instant.ofEpochSecond(match.get(0).longValue())
                  .atZone(ZoneId.of(zone.getKey()))
                  .toLocalDateTime();
          assertThat(parsed.contains(local))
              .as("%s at %s", spec, local)
              .isEqualTo(match.get(1).booleanValue());
          count++;
        }
      }
    }
    assertThat(count).isGreaterThan(1000);
  }
}
