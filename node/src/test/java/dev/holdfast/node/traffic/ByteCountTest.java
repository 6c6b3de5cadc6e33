package dev.holdfast.node.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** At stake: a rate means here what it means for other backup tools. */
final class ByteCountTest {
  @ParameterizedTest
  @CsvSource({
    "512, 512",
    "512B, 512",
    "1K, 1000",
    "1KB, 1000",
    "1KiB, 1024",
    "1.5 MiB, 1572864",
    "10MB, 10000000",
    "2gib, 2147483648",
    "0.5TB, 500000000000",
    "1e3, 1000",
    "1., 1"
  })
  void unitsAreOfAThousandOrOf1024(String text, long bytes) {
    assertThat(ByteCount.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "-1", ".", "1 XB", "1e", "99999999999999T"})
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> ByteCount.parse(text)).hasMessageContaining("is no number of bytes");
  }
}
