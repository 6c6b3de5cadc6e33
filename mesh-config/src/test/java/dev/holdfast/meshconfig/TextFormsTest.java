package dev.holdfast.meshconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.chunkstore.error.BackupException;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** At stake: a span or a size means what it means to the original (vectors text-forms.json). */
class TextFormsTest {
  private static final double NANOSECOND = 1e-9;

  @Test
  void timeSpansAreReadAndShownAsTheOriginalDoes() throws IOException {
    for (JsonNode form : VectorJson.read("pbs-3.2.4/text-forms.json").get("time_spans")) {
      String in = form.get("in").textValue();
      if (form.has("error")) {
        assertThatThrownBy(() -> TimeSpan.parse(in)).hasMessage(form.get("error").textValue());
      } else {
        TimeSpan span = TimeSpan.parse(in);
        double seconds = span.duration().toNanos() / 1e9;
        assertThat(seconds)
            .as(in)
            .isCloseTo(form.get("seconds").doubleValue(), Offset.offset(NANOSECOND));
        assertThat(span.toString()).as(in).isEqualTo(form.get("display").textValue());
      }
    }
  }

  @Test
  void byteSizesAreReadAsTheOriginalDoes() throws IOException {
    for (JsonNode form : VectorJson.read("pbs-3.2.4/text-forms.json").get("human_bytes")) {
      String in = form.get("in").textValue();
      if (form.has("error")) {
        assertThatThrownBy(() -> ByteSize.parse(in)).hasMessage(form.get("error").textValue());
      } else {
        assertThat(ByteSize.parse(in)).as(in).isEqualTo(form.get("bytes").longValue());
      }
    }
  }

  @Test
  void spansThatOverflowAreRefused() {
    assertThatThrownBy(() -> TimeSpan.parse("101y")).hasMessageContaining("too long");
    assertThatThrownBy(() -> TimeSpan.parse("99y 99y")).hasMessageContaining("too long");
    assertThatThrownBy(() -> TimeSpan.parse("9999999999999")).hasMessageContaining("too long");
    assertThatThrownBy(() -> ByteSize.parse("99999999999P")).hasMessageContaining("63 bits");
  }

  @Property
  void anyTextIsReadOrRefusedOnce(@ForAll String text) {
    try {
      assertThat(TimeSpan.parse(text).duration().isNegative()).isFalse();
      assertThat(ByteSize.parse(text)).isNotNegative();
    } catch (BackupException e) {
      assertThat(e.kind()).isEqualTo(BackupException.Kind.INVALID_INPUT);
    }
  }
}
