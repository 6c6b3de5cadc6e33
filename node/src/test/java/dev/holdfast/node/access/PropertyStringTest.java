package dev.holdfast.node.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: what a server wrote into one line is read as it was meant, or not at all. */
final class PropertyStringTest {
  private static Map<String, String> parse(String text) {
    return PropertyString.parse(text, "type", Set.of("type", "message"));
  }

  @Test
  void valueWithoutAKeyIsOfTheDefaultKeyWhereverItStands() {
    assertThat(parse("offline,message=x")).isEqualTo(Map.of("type", "offline", "message", "x"));
    assertThat(parse("message=x, offline")).isEqualTo(Map.of("type", "offline", "message", "x"));
    assertThat(parse("")).isEmpty();
  }

  @Test
  void quotedValueHoldsCommasQuotationMarksAndBackslashes() {
    assertThat(parse("message=\"a, \\\"b\\\" = \\\\c\" , type=offline"))
        .isEqualTo(Map.of("type", "offline", "message", "a, \"b\" = \\c"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "colour=red | found the key 'colour'",
        "offline,type=offline | found the key 'type' twice",
        "message=\"x | found no end",
        "message=\"x\\\" | found no end",
        "message=\"x\"y | found more after the end",
        "message=x\"y | found a quotation mark inside",
      })
  void textThatBreaksOffOrSaysTooMuchIsRefused(String text, String why) {
    assertThatThrownBy(() -> parse(text)).hasMessageContaining(why);
  }
}
