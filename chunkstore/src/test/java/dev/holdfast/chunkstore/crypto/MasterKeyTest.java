package dev.holdfast.chunkstore.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Secret;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/**
 * At stake: the master key is the last way to a backup whose key was lost. A real client's master
 * key and what it wrapped are opened; ours goes through its files.
 */
class MasterKeyTest {
  private static final OffsetDateTime CREATED = OffsetDateTime.parse("2026-11-22T04:01:30Z");
  private static final OffsetDateTime NOW = OffsetDateTime.parse("2026-11-23T04:01:30Z");
  private static final Secret PASSPHRASE = new Secret("master-pw");

  @Test
  void opensWhatARealClientWrapped() throws IOException {
    KeyFile file = recordedPrivate().unwrap(recorded("rsa-encrypted.key.bin"));
    EncryptionKey key = file.open(() -> TestKeys.PASSPHRASE);
    assertThat(key).isEqualTo(TestKeys.recorded("key-none.json"));
    assertThat(file.kdf()).isEqualTo(new Kdf.None());
    assertThat(file.created()).isEqualTo(TestKeys.recordedFile("key-none.json").created());
  }

  @Test
  void readsAndPrintsARealClientsPublicKey() throws IOException {
    byte[] pem = recorded("master-public.pem");
    MasterPublicKey key = MasterPublicKey.parse(pem);
    assertThat(key.bits()).isEqualTo(4096);
    assertThat(key.exponent()).isEqualTo(65537);
    assertThat(key.pem()).isEqualTo(new String(pem, StandardCharsets.US_ASCII));
    assertThat(key).isEqualTo(recordedPrivate().publicKey());
  }

  @Test
  void opensWhatItWrapped() throws IOException {
    KeyFile file = KeyFile.plain(TestKeys.ofSpecification(), CREATED, NOW);
    byte[] wrapped =
        MasterPublicKey.parse(recorded("master-public.pem")).wrap(file, FixedRandom.of(1));
    assertThat(wrapped).hasSize(512);
    assertThat(recordedPrivate().unwrap(wrapped)).isEqualTo(file);
  }

  @Test
  void refusesWhatIsDamagedOrOfAnotherMasterKey() throws IOException {
    MasterPrivateKey key = recordedPrivate();
    byte[] wrapped = recorded("rsa-encrypted.key.bin");
    for (int i = 0; i < wrapped.length; i += 37) {
      byte[] damaged = wrapped.clone();
      damaged[i] ^= 1;
      assertThatThrownBy(() -> key.unwrap(damaged))
          .as("byte %d", i)
          .isInstanceOf(BackupException.class);
    }
    assertThatThrownBy(() -> key.unwrap(Arrays.copyOf(wrapped, 511)))
        .isInstanceOf(BackupException.class)
        .hasMessage("511 bytes that this master key of 4096 bits does not open");
  }

  @Test
  void refusesAWrongPassphrase() throws IOException {
    byte[] pem = recorded("master-private.pem");
    assertThatThrownBy(() -> MasterPrivateKey.parse(pem, () -> new Secret("master-pv")))
        .isInstanceOfSatisfying(
            BackupException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNAUTHENTICATED));
  }

  @Test
  void newMasterKeyGoesThroughItsFiles() {
    FixedRandom random = FixedRandom.of(20_261_125);
    MasterPrivateKey key = MasterPrivateKey.generate(random);
    assertThat(key.publicKey().bits()).isEqualTo(4096);
    Secret passphrase = new Secret("pässphräse 🔒");
    byte[] pem = key.pem(passphrase, random).getBytes(StandardCharsets.US_ASCII);
    MasterPrivateKey read = MasterPrivateKey.parse(pem, () -> passphrase);
    MasterPublicKey publicKey =
        MasterPublicKey.parse(key.publicKey().pem().getBytes(StandardCharsets.US_ASCII));
    assertThat(read.publicKey()).isEqualTo(publicKey);
    KeyFile file = KeyFile.plain(TestKeys.ofSpecification(), CREATED, NOW);
    assertThat(read.unwrap(publicKey.wrap(file, random))).isEqualTo(file);
    assertThat(read).hasToString("private half of RSA public key of 4096 bits");
  }

  @Test
  void tellsWhatItFoundInsteadOfAKey() throws IOException {
    byte[] publicPem = recorded("master-public.pem");
    assertThatThrownBy(() -> MasterPrivateKey.parse(publicPem, () -> PASSPHRASE))
        .hasMessage(
            "found PEM 'PUBLIC KEY', expected an RSA private key ('ENCRYPTED PRIVATE KEY')");
    assertThatThrownBy(() -> MasterPublicKey.parse(recorded("key-none.json")))
        .hasMessage("found no PEM frame, expected an RSA public key ('PUBLIC KEY')");
    byte[] garbage =
        ("-----BEGIN PUBLIC KEY-----\n"
                + Base64.getEncoder().encodeToString(new byte[40])
                + "\n-----END PUBLIC KEY-----\n")
            .getBytes(StandardCharsets.US_ASCII);
    assertThatThrownBy(() -> MasterPublicKey.parse(garbage))
        .hasMessage("PEM holds no RSA public key");
  }

  private static MasterPrivateKey recordedPrivate() throws IOException {
    return MasterPrivateKey.parse(recorded("master-private.pem"), () -> PASSPHRASE);
  }

  private static byte[] recorded(String name) throws IOException {
    return Files.readAllBytes(Vectors.file("pbs-3.2.4/" + name));
  }
}
