package dev.holdfast.node.access.tfa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.commons.codec.binary.Base32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** At stake: the codes are those of every app, each counts once, and only about now. */
class TotpTest {
  private static String uri(String ascii, String rest) {
    String secret = new Base32().encodeAsString(ascii.getBytes(StandardCharsets.US_ASCII));
    return "otpauth://totp/Site:u%40pbs?secret=" + secret.replace("=", "") + rest;
  }

  @ParameterizedTest
  @CsvSource({
    "59, 94287082, 46119246, 90693936",
    "1111111109, 07081804, 68084774, 25091201",
    "2000000000, 69279037, 90698825, 38618901"
  })
  void codesAreThoseOfTheStandard(long second, String sha1, String sha256, String sha512) {
    Instant at = Instant.ofEpochSecond(second);
    String key = "12345678901234567890";
    String longKey = key.repeat(4).substring(0, 64);
    assertThat(Totp.parse(uri(key, "&digits=8&issuer=x")).code(at)).isEqualTo(sha1);
    assertThat(Totp.parse(uri(longKey.substring(0, 32), "&digits=8&algorithm=SHA256")).code(at))
        .isEqualTo(sha256);
    assertThat(Totp.parse(uri(longKey, "&digits=8&algorithm=sha512")).code(at)).isEqualTo(sha512);
  }

  @Test
  void codeCountsOneStepAroundNowAndOnlyOnce() {
    Totp totp = Totp.parse(uri("12345678901234567890", "&period=60"));
    Instant now = Instant.ofEpochSecond(600_000);
    String code = totp.code(now);
    assertThat(totp.accepts(code, now)).hasValue(10_000);
    assertThat(totp.accepts(code, now.plusSeconds(119))).hasValue(10_000);
    assertThat(totp.accepts(code, now.minusSeconds(1))).hasValue(10_000);
    assertThat(totp.accepts(code, now.plusSeconds(120))).isEmpty();
    assertThat(totp.accepts(code, now.minusSeconds(61))).isEmpty();
    Totp used = Totp.ofEntry(totp.entry(10_000));
    assertThat(used.accepts(code, now)).isEmpty();
    assertThat(used.accepts(totp.code(now.minusSeconds(60)), now)).isEmpty();
    assertThat(used.accepts(totp.code(now.plusSeconds(60)), now)).hasValue(10_001);
    assertThat(totp.accepts("", now)).isEmpty();
    assertThat(totp.accepts(code + "0", now)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "https://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "otpauth://totp/x",
        "otpauth://totp/x?secret=GEZDGNBV",
        "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=5",
        "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=99999999999",
        "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=0",
        "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=MD5",
        "otpauth://totp/a b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
      })
  void addressThatCannotBeUsedIsRefusedWithoutRepeatingTheSecret(String uri) {
    assertThatThrownBy(() -> Totp.parse(uri))
        .isInstanceOf(BackupException.class)
        .message()
        .doesNotContain("GEZD");
  }
}
