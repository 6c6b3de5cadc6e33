package dev.holdfast.node.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Objects;

/** Wants status, headers and body as they were recorded, but for what is new in every run. */
final class StrictJudge implements TranscriptReplay.Judge {
  private static final JsonMapper JSON = new JsonMapper();

  private final RecordedBodies bodies;

  StrictJudge(RecordedBodies bodies) {
    this.bodies = bodies;
  }

  @Override
  public void judge(Answer answer) throws IOException {
    if (answer.inSession()) {
      inSession(answer);
      return;
    }
    JsonNode recorded = answer.recorded();
    assertThat(recorded.path("line").textValue())
        .as(answer.asked())
        .startsWith("HTTP/1.1 " + answer.status() + " ");
    AnswerComparison.headers(answer.asked(), recorded, answer.headers(), false);
    if (answer.asked().contains("/access/ticket")) {
      JsonNode given = JSON.readTree(answer.text()).path("data");
      JsonNode expected =
          JSON.readTree(recorded.path("body").path("text").textValue()).path("data");
      assertThat(given.fieldNames())
          .toIterable()
          .containsExactlyInAnyOrderElementsOf(expected::fieldNames);
    }
  }

  private void inSession(Answer answer) throws IOException {
    JsonNode body = answer.recorded().path("body");
    boolean numbersWriter = answer.asked().matches("POST /(dynamic|fixed)_index\\?.*");
    AnswerComparison.answer(answer, numbersWriter ? answer.text() : body.path("text").asText(null));
    if (!body.hasNonNull("text")) {
      byte[] recorded = bodies.find(body);
      AnswerComparison.file(
          answer.asked(), Objects.requireNonNull(recorded, answer.asked()), answer.body());
    }
  }
}
