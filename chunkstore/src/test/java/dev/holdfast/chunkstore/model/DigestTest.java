package dev.holdfast.chunkstore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {
  private static final String HEX =
      "0123456789abcdeffedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f0";

  @Property
  void readsWhatItWrites(
      @ForAll @Size(32) byte[] bytes, @ForAll @StringLength(max = 9) String end) {
    Digest digest = Digest.of(bytes);
    assertThat(digest.hex()).isEqualTo(HexFormat.of().formatHex(bytes));
    assertThat(Digest.parse(digest.hex())).isEqualTo(digest);
    assertThat(Digest.atStart(digest.hex() + end)).isEqualTo(digest);
  }

  @Property
  void refusesEveryOtherCharacterAtEveryPlace(
      @ForAll char other, @ForAll @IntRange(max = 63) int place) {
    boolean isDigit = (other >= '0' && other <= '9') || (other >= 'a' && other <= 'f');
    String text = HEX.substring(0, place) + other + HEX.substring(place + 1);
    assertThat(Digest.atStart(text) != null).isEqualTo(isDigit);
  }

  @Property
  void refusesEveryOtherCharacterOfAscii(
      @ForAll @CharRange(from = 0, to = 255) char other, @ForAll @IntRange(max = 63) int place) {
    refusesEveryOtherCharacterAtEveryPlace(other, place);
  }

  @Test
  void refusesTextsThatAreShorterThanTheyLook() {
    assertThat(Digest.atStart("\ud83d\ude00".repeat(32))).isNull();
    assertThat(Digest.atStart(HEX.substring(0, 62) + "\ud83d\ude00")).isNull();
    assertThat(Digest.atStart(HEX + "\ud83d\ude00")).isEqualTo(Digest.parse(HEX));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0123456789abcdeffedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f",
        "0123456789abcdeffedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f0 ",
        "0123456789ABCDEFfedcba98765432100f1e2d3c4b5a69788796a5b4c3d2e1f0"
      })
  void saysWhatItFoundAndWhatItExpected(String text) {
    assertThatThrownBy(() -> Digest.parse(text))
        .isInstanceOf(BackupException.class)
        .hasMessage("invalid digest '" + text + "': expected 64 lower-case hex characters");
  }
}
