package dev.holdfast.chunkstore.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.model.SecretBytes;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.TestKeys;
import dev.holdfast.chunkstore.testing.Vectors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * At stake: a digest or a cipher text that differs in one bit from what other clients make of the
 * same key is a backup that they cannot read, or that we cannot.
 */
class EncryptionKeyTest {
  private static final HexFormat HEX = HexFormat.of();
  private final EncryptionKey key = TestKeys.ofSpecification();

  @Test
  void hasTheFingerprintOfTheSpecification() {
    assertThat(key.fingerprint())
        .hasToString(
            "0e:ab:d4:46:0b:6e:b9:ca:34:50:23:de:e2:b7:78:c7:90:e5:4a:16:83:b9:65:9c:0a:57:ae:19:90:90:15:9b");
    assertThat(key.fingerprint().brief()).isEqualTo("0e:ab:d4:46:0b:6e:b9:ca");
    assertThat(KeyFingerprint.parse(key.fingerprint().toString())).isEqualTo(key.fingerprint());
    assertThat(KeyFingerprint.parse(key.fingerprint().digest().hex())).isEqualTo(key.fingerprint());
  }

  @Test
  void namesChunksAsTheSpecificationDoes() {
    byte[] hello = "xHello\ny".getBytes(StandardCharsets.US_ASCII);
    assertThat(key.digest(hello, 1, 6).hex())
        .isEqualTo("0c29abad9959b09390ffb108397b883dc78766655e17856e19f4840f6b6534fc");
    byte[] zeros = new byte[4 << 20];
    assertThat(key.digest(zeros, 0, zeros.length).hex())
        .isEqualTo("348571e12bbbedb529def1f1394316e338a01945d871df9ef792617ceb13d636");
  }

  @Test
  void hasTheIdKeyThatWasRecorded() throws IOException {
    EncryptionKey recorded = TestKeys.recorded("key-none.json");
    String idKey =
        Vectors.json("pbs-3.2.4/auth-and-keys.json")
            .at("/derived/key-none.json/id_key_hex")
            .asText();
    byte[] text = "Proxmox Backup Encryption Key Fingerprint".getBytes(StandardCharsets.US_ASCII);
    byte[] message = concat(Digest.sha256(text).bytes(), HEX.parseHex(idKey));
    assertThat(recorded.fingerprint().digest()).isEqualTo(Digest.sha256(message));
  }

  @Test
  void neverShowsItself() {
    assertThat(key).hasToString("key 0e:ab:d4:46:0b:6e:b9:ca");
    assertThat(new SecretBytes(new byte[] {1, 2})).hasToString("(secret)");
  }

  @Test
  void refusesKeysOfAnotherLength() {
    assertThatThrownBy(() -> EncryptionKey.of(new SecretBytes(new byte[31])))
        .isInstanceOf(BackupException.class)
        .hasMessage("encryption key has 31 bytes, expected 32");
  }

  @Test
  void newKeysDiffer() {
    FixedRandom random = FixedRandom.of(1);
    EncryptionKey one = EncryptionKey.generate(random);
    EncryptionKey other = EncryptionKey.generate(random);
    assertThat(one).isNotEqualTo(other);
    assertThat(one.fingerprint()).isNotEqualTo(other.fingerprint());
    assertThat(EncryptionKey.of(one.raw())).isEqualTo(one);
  }

  @Property(tries = 60)
  void opensWhatItSealedAndNothingElse(
      @ForAll long seed,
      @ForAll @IntRange(max = 200_000) int length,
      @ForAll @IntRange(max = 50) int offset) {
    Random random = new Random(seed);
    byte[] plain = bytes(random, offset + length);
    byte[] iv = bytes(random, EncryptionKey.IV_BYTES);
    byte[] sealed = new byte[offset + length];
    byte[] tag = key.seal(iv, plain, offset, length, sealed, offset);
    assertThat(key.open(iv, tag, sealed, offset, length))
        .isEqualTo(Arrays.copyOfRange(plain, offset, offset + length));
    EncryptionKey other = EncryptionKey.generate(FixedRandom.of(seed));
    refused(other, iv, tag, sealed, offset, length);
    iv[random.nextInt(iv.length)] ^= 1;
    refused(key, iv, tag, sealed, offset, length);
  }

  private static void refused(
      EncryptionKey key, byte[] iv, byte[] tag, byte[] sealed, int offset, int length) {
    assertThatThrownBy(() -> key.open(iv, tag, sealed, offset, length))
        .isInstanceOf(BackupException.class)
        .hasMessageContaining("cannot be decrypted with key");
  }

  private static byte[] bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
