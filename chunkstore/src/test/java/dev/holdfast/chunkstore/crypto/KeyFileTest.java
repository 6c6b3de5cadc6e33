package dev.holdfast.chunkstore.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.model.SecretBytes;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: a key file that does not open is all its backups lost. The files of a real client are
 * opened and printed again; ours are damaged in every byte.
 */
class KeyFileTest {
  private static final OffsetDateTime CREATED = OffsetDateTime.parse("2026-11-22T04:01:30.5Z");
  private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T04:01:30+01:00");

  private static Secret never() {
    throw new AssertionError("asked for a passphrase");
  }

  @ParameterizedTest
  @CsvSource({"key-none.json,none", "key-scrypt.json,scrypt", "key-pbkdf2.json,pbkdf2"})
  void opensAndPrintsTheFilesOfARealClient(String name, String kdf) throws IOException {
    byte[] text = Files.readAllBytes(Vectors.file("pbs-3.2.4/" + name));
    KeyFile file = KeyFileJson.parse(text);
    assertThat(file.kdf().kind()).hasToString(kdf);
    assertThat(KeyFileJson.print(file)).isEqualTo(text);
    boolean wrapped = file.kdf().kind() != Kdf.Kind.NONE;
    EncryptionKey key =
        wrapped ? file.open(() -> TestKeys.PASSPHRASE) : file.open(KeyFileTest::never);
    assertThat(key.fingerprint()).isEqualTo(file.fingerprint());
  }

  @ParameterizedTest
  @ValueSource(strings = {"key-scrypt.json", "key-pbkdf2.json"})
  void refusesAWrongPassphrase(String name) throws IOException {
    KeyFile file = TestKeys.recordedFile(name);
    assertThatThrownBy(() -> file.open(() -> new Secret("correct horsf")))
        .isInstanceOfSatisfying(
            BackupException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.UNAUTHENTICATED);
              assertThat(e.text()).isEqualTo("Unable to decrypt key");
            });
  }

  @Test
  void printsPlainKeyAsTheSpecificationDoes() {
    KeyFile file = KeyFile.plain(TestKeys.ofSpecification(), CREATED, NOW);
    String text = new String(KeyFileJson.print(file), StandardCharsets.UTF_8);
    assertThat(text)
        .isEqualTo(
            "{\"kdf\":null,\"created\":\"2026-11-22T04:01:30+00:00\","
                + "\"modified\":\"2026-11-23T04:01:30+01:00\","
                + "\"data\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","
                + "\"fingerprint\":\"0e:ab:d4:46:0b:6e:b9:ca:34:50:23:de:e2:b7:78:c7:90:e5:4a:16:83:"
                + "b9:65:9c:0a:57:ae:19:90:90:15:9b\"}");
    assertThat(KeyFileJson.pretty(file)).startsWith("{\n  \"kdf\": null,\n  \"created\": \"2026");
    assertThat(file.toString()).contains("(secret)").doesNotContain("AAEC");
  }

  @ParameterizedTest
  @ValueSource(strings = {"SCRYPT", "PBKDF2"})
  void opensWhatItWrapped(Kdf.Kind kind) {
    FixedRandom random = FixedRandom.of(5);
    EncryptionKey key = EncryptionKey.generate(random);
    Secret passphrase = new Secret("pässphräse 🔒");
    KeyFile file =
        KeyFile.wrapped(
            key,
            (Kdf.Wrapping) Kdf.create(kind, random),
            passphrase,
            "my hint",
            CREATED,
            NOW,
            random);
    KeyFile read = KeyFileJson.parse(KeyFileJson.print(file));
    assertThat(read).isEqualTo(file);
    assertThat(read.open(() -> passphrase)).isEqualTo(key);
    assertThatThrownBy(() -> read.open(() -> new Secret("wrong one")))
        .hasMessage("Unable to decrypt key (password hint: my hint)");
  }

  @Test
  void refusesWrappedKeyWithAnyByteChanged() {
    FixedRandom random = FixedRandom.of(5);
    Secret passphrase = new Secret("12345");
    KeyFile file =
        KeyFile.wrapped(
            EncryptionKey.generate(random),
            new Kdf.Scrypt(2, 8, 1, new Salt(new byte[0])),
            passphrase,
            null,
            CREATED,
            NOW,
            random);
    byte[] data = file.data().reveal();
    for (int i = 0; i < data.length; i++) {
      byte[] changed = data.clone();
      changed[i] ^= 0x10;
      KeyFile damaged = new KeyFile(file.kdf(), CREATED, NOW, new SecretBytes(changed), null, null);
      assertThatThrownBy(() -> damaged.open(() -> passphrase))
          .as("byte %d", i)
          .isInstanceOf(BackupException.class);
    }
    assertThatThrownBy(
            () ->
                new KeyFile(
                    file.kdf(), CREATED, NOW, new SecretBytes(Arrays.copyOf(data, 63)), null, null))
        .hasMessage("key file holds 63 bytes of key data, expected 64");
  }

  @Test
  void refusesPlainKeyThatIsNotTheOneItNames() {
    KeyFile file = KeyFile.plain(TestKeys.ofSpecification(), CREATED, NOW);
    byte[] data = file.data().reveal();
    data[31] ^= 1;
    KeyFile damaged =
        new KeyFile(file.kdf(), CREATED, NOW, new SecretBytes(data), file.fingerprint(), null);
    assertThatThrownBy(() -> damaged.open(KeyFileTest::never))
        .isInstanceOf(BackupException.class)
        .hasMessageStartingWith("key file names the key 0e:ab:d4:46:0b:6e:b9:ca, but holds");
  }

  @Test
  void takesFilesWithoutFingerprintAndInAnyOrder() {
    String text =
        "{\"data\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"modified\":"
            + "\"2026-11-22T04:01:30+00:00\",\"created\":\"2026-11-22T04:01:30Z\",\"new\":1}\n";
    KeyFile file = KeyFileJson.parse(text.getBytes(StandardCharsets.UTF_8));
    assertThat(file.fingerprint()).isNull();
    assertThat(file.open(KeyFileTest::never)).isEqualTo(TestKeys.ofSpecification());
  }

  @Test
  void refusesNewPassphraseOfFourCharacters() {
    FixedRandom random = FixedRandom.of(5);
    assertThatThrownBy(
            () ->
                KeyFile.wrapped(
                    TestKeys.ofSpecification(),
                    (Kdf.Wrapping) Kdf.create(Kdf.Kind.SCRYPT, random),
                    new Secret("1234"),
                    null,
                    CREATED,
                    NOW,
                    random))
        .hasMessage("Password too short! It needs at least 5 characters.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{} {}",
        "{\"kdf\":null,\"created\":\"x\",\"modified\":\"x\",\"data\":\"\"}",
        "{\"kdf\":{\"Argon2\":{}},\"data\":\"\"}",
        "{\"kdf\":{\"Scrypt\":{\"n\":65537,\"r\":8,\"p\":1,\"salt\":\"\"}}}",
        "{\"kdf\":{\"Scrypt\":{\"n\":65536,\"r\":65536,\"p\":1,\"salt\":\"\"}}}",
        "{\"kdf\":{\"Scrypt\":{\"n\":1073741824,\"r\":8,\"p\":1,\"salt\":\"\"}}}",
        "{\"kdf\":{\"PBKDF2\":{\"iter\":0,\"salt\":\"\"}}}",
        "{\"kdf\":{\"PBKDF2\":{\"iter\":2000000000,\"salt\":\"\"}}}",
        "{\"kdf\":{\"PBKDF2\":{\"iter\":1,\"salt\":\"***\"}}}"
      })
  void refusesWhatIsNoKeyFile(String text) {
    assertThatThrownBy(() -> KeyFileJson.parse(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BackupException.class);
  }

  @Test
  void neverQuotesWhatAFileHolds() {
    String secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    for (String text : new String[] {"{\"data\":\"" + secret, "{\"data\":\"" + secret + "*\"}"}) {
      assertThatThrownBy(() -> KeyFileJson.parse(text.getBytes(StandardCharsets.UTF_8)))
          .satisfies(
              e -> {
                for (Throwable at = e; at != null; at = at.getCause()) {
                  assertThat(at.toString()).doesNotContain(secret);
                }
              });
    }
  }
}
