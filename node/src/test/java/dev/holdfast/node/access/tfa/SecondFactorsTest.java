package dev.holdfast.node.access.tfa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.file.LocalFiles;
import dev.holdfast.chunkstore.model.AuthId;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.node.access.StateDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * At stake: the second factor keeps out who has the password alone, also one who may try a million
 * times; and the file is the one of a real server.
 */
class SecondFactorsTest {
  private static final AuthId USER = AuthId.parse("u@pbs");
  private static final String URI =
      "otpauth://totp/u?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Site";

  @TempDir Path directory = Path.of("");
  private Instant now = Instant.parse("2026-11-24T12:00:00Z");
  private SecondFactors factors;

  @BeforeEach
  void open() {
    factors =
        new SecondFactors(
            StateDirectory.open(new LocalFiles(), directory.resolve("state"), new SecureRandom()),
            () -> now);
  }

  private String code() {
    return Totp.parse(URI).code(now);
  }

  private void addTotp() {
    var unused = factors.addTotp(USER, "phone", URI, code());
    now = now.plusSeconds(30);
  }

  private void answer(String response) {
    factors.verify(USER, new Secret(response));
  }

  private void assertRefused(String response) {
    assertThatThrownBy(() -> answer(response))
        .isInstanceOf(BackupException.class)
        .extracting(e -> ((BackupException) e).kind())
        .isEqualTo(Kind.UNAUTHENTICATED);
  }

  @Test
  void whoHasNoneIsAskedForNone() {
    assertThat(factors.challenge(USER)).isEmpty();
    addTotp();
    assertThat(factors.challenge(USER)).contains("{\"totp\":true}");
    factors.change(USER, factors.of(USER).factors().getFirst().id(), "old phone", false);
    assertThat(factors.challenge(USER)).isEmpty();
  }

  @Test
  void codeIsTakenOnceAndNotTheOneItWasAddedWith() {
    String first = code();
    var unused = factors.addTotp(USER, "phone", URI, first);
    assertRefused("totp:" + first);
    now = now.plusSeconds(30);
    answer("totp:" + code());
    assertRefused("totp:" + code());
  }

  @Test
  void deviceThatShowsAnotherCodeIsNotAdded() {
    assertThatThrownBy(() -> factors.addTotp(USER, "phone", URI, "000000"))
        .hasMessage("failed to verify TOTP challenge");
    assertThat(factors.challenge(USER)).isEmpty();
  }

  @Test
  void recoveryKeyIsTakenOnceAndOnlyItsHashIsKept() throws IOException {
    List<Secret> keys = factors.addRecovery(USER);
    assertThat(keys).hasSize(10);
    assertThat(keys.getFirst().reveal()).matches("([0-9a-f]{4}-){3}[0-9a-f]{4}");
    assertThat(factors.challenge(USER)).contains("{\"recovery\":[0,1,2,3,4,5,6,7,8,9]}");
    answer("recovery:" + keys.get(3).reveal());
    assertRefused("recovery:" + keys.get(3).reveal());
    assertThat(factors.challenge(USER)).contains("{\"recovery\":[0,1,2,4,5,6,7,8,9]}");
    Path file = directory.resolve("state/tfa.json");
    assertThat(Files.readString(file)).doesNotContain(keys.getFirst().reveal());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> factors.addRecovery(USER)).hasMessageContaining("already has");
  }

  @Test
  void usedUpRecoveryKeysDoNotOpenTheDoor() {
    for (Secret key : factors.addRecovery(USER)) {
      answer("recovery:" + key.reveal());
    }
    assertThat(factors.challenge(USER)).contains("{}");
  }

  @Test
  void eightWrongCodesLockThemUntilARecoveryKeyIsUsed() {
    addTotp();
    String recovery = factors.addRecovery(USER).getFirst().reveal();
    for (int i = 0; i < SecondFactors.TOTP_FAILURES_MAX; i++) {
      assertThat(factors.of(USER).totpLocked()).isFalse();
      assertRefused("totp:000000");
    }
    assertThat(factors.of(USER).totpLocked()).isTrue();
    assertRefused("totp:" + code());
    assertThat(factors.challenge(USER).orElse("")).doesNotContain("totp");
    answer("recovery:" + recovery);
    answer("totp:" + code());
  }

  @Test
  void rightResponseForgetsTheWrongOnesBefore() {
    addTotp();
    for (int round = 0; round < 3; round++) {
      for (int i = 1; i < SecondFactors.TOTP_FAILURES_MAX; i++) {
        assertRefused("totp:000000");
      }
      answer("totp:" + code());
      now = now.plusSeconds(30);
    }
  }

  @Test
  void hundredWrongResponsesLockEverythingForAnHour() {
    String key = factors.addRecovery(USER).getFirst().reveal();
    for (int i = 0; i < SecondFactors.FAILURES_MAX; i++) {
      assertRefused("recovery:0000-0000-0000-0000");
    }
    assertThat(factors.of(USER).lockedUntil()).isEqualTo(now.getEpochSecond() + 3600);
    assertRefused("recovery:" + key);
    open(); // the lock is in the file
    now = now.plusSeconds(3599);
    assertRefused("recovery:" + key);
    now = now.plusSeconds(1);
    answer("recovery:" + key);
  }

  @Test
  void administratorUnlocksBoth() {
    addTotp();
    for (int i = 0; i < SecondFactors.FAILURES_MAX; i++) {
      assertRefused("totp:000000");
    }
    assertThat(factors.unlock(USER)).isTrue();
    assertThat(factors.unlock(USER)).isFalse();
    assertThatCode(() -> answer("totp:" + code())).doesNotThrowAnyException();
  }

  @Test
  void responsesOfNoKindAreRefused() {
    addTotp();
    for (String response : List.of("", ":", "totp", "totp:", "webauthn:{}", "u2f:{}", code())) {
      assertRefused(response);
    }
  }

  @Test
  void fileOfARealServerIsReadAndWrittenBackWhole() throws IOException {
    String file =
        "{\"webauthn\":{\"rp\":\"Site\",\"origin\":\"https://pbs.example.org:8007\","
            + "\"id\":\"example.org\",\"allow-subdomains\":false},\"u2f\":{\"appid\":\"x\"},"
            + "\"users\":{\"u@pbs\":{\"totp\":[{\"id\":\"2c1b\",\"enable\":false,"
            + "\"description\":\"phone\",\"created\":1700000000,\"entry\":\""
            + URI
            + "\"},{\"id\":\"2c1c\",\"description\":\"tablet\",\"created\":1700000001,"
            + "\"entry\":{\"totp\":\""
            + URI
            + "\",\"last-count\":56666666}}],\"u2f\":[{\"id\":\"a\",\"description\":\"key\","
            + "\"created\":1,\"entry\":{\"key\":\"x\"}}],\"yubico\":[{\"id\":\"b\","
            + "\"description\":\"\",\"created\":2,\"entry\":\"cccc\"}],"
            + "\"recovery\":{\"secret\":\"0123456789abcdef\",\"entries\":[null,"
            + "\"48a2de8d0fd3a1c0f6bc1d30ea6a2a4b9f6ecf0b2f1d6a1f1a6f0f0d0c0b0a09\"],"
            + "\"created\":1700000000},\"totp-locked\":true,\"tfa-locked-until\":1700003600}}}";
    assertThat(TfaConfig.parse(file).format()).isEqualTo(file);
    Files.writeString(directory.resolve("state/tfa.json"), file);
    assertThat(factors.challenge(USER)).contains("{\"recovery\":[1]}");
  }

  @Test
  void damagedFileIsNamedWithoutItsSecrets() throws IOException {
    Files.writeString(
        directory.resolve("state/tfa.json"), "{\"users\":{\"u@pbs\":{\"totp\":[{\"entry\":\"s3\"");
    assertThatThrownBy(() -> factors.of(USER))
        .hasMessageContaining("tfa.json")
        .message()
        .doesNotContain("s3");
  }
}
