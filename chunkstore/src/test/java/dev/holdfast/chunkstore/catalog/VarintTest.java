package dev.holdfast.chunkstore.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At stake: sizes and times in a catalog mean to other programs what they mean here. */
class VarintTest {
  @ParameterizedTest
  @CsvSource({
    "0, 00",
    "127, 7f",
    "128, 8001",
    "300, ac02",
    "9223372036854775807, ffffffffffffffff7f",
    "-1, 8100",
    "-127, ff00",
    "-128, 808100",
    "-300, ac8200",
    "-9223372036854775808, 8080808080808080808100"
  })
  void aSignedNumberIsWrittenAsOthersReadIt(long value, String hex) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Varint.signed(out, value);
    assertThat(HexFormat.of().formatHex(out.toByteArray())).isEqualTo(hex);
    assertThat(Varint.readSigned(octets(hex))).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"0, 00", "16384, 808001", "-1, ffffffffffffffffff01"})
  void anUnsignedNumberHasAll64Bits(long value, String hex) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Varint.unsigned(out, value);
    assertThat(HexFormat.of().formatHex(out.toByteArray())).isEqualTo(hex);
    assertThat(Varint.readUnsigned(octets(hex))).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({"ffffffffffffffffff02", "80808080808080808080808000", "ffffffffffffffffffff01"})
  void aNumberOfMoreThan64BitsIsRefused(String hex) {
    assertThatThrownBy(() -> Varint.readUnsigned(octets(hex))).isInstanceOf(BackupException.class);
    assertThatThrownBy(() -> Varint.readSigned(octets(hex))).isInstanceOf(BackupException.class);
  }

  private static Varint.OctetSource octets(String hex) {
    return new ByteArrayInputStream(HexFormat.of().parseHex(hex))::read;
  }
}
