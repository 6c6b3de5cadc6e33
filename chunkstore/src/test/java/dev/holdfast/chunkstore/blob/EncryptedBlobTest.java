package dev.holdfast.chunkstore.blob;

import static dev.holdfast.chunkstore.testing.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.testing.FixedRandom;
import dev.holdfast.chunkstore.testing.Golden;
import dev.holdfast.chunkstore.testing.TestKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * At stake: what is encrypted must open with its key everywhere, and with no other key and no other
 * bit anywhere.
 */
class EncryptedBlobTest {
  private static final byte[] HELLO = "Hello\n".getBytes(StandardCharsets.US_ASCII);
  private static final EncryptionKey KEY = TestKeys.ofSpecification();

  @Test
  void readsAndWritesTheExampleOfTheSpecification() throws IOException {
    byte[] golden = Golden.read("blob/hello-encrypted.bin");
    assertThat(decode(golden)).isEqualTo(HELLO);
    assertThat(EncryptedBlob.encode(HELLO, 0, 6, true, KEY, FixedRandom.zeros())).isEqualTo(golden);
  }

  @Test
  void refusesEveryTruncationAndEveryFlippedBit() throws IOException {
    byte[] small = Golden.read("blob/hello-encrypted.bin");
    byte[] packed = EncryptedBlob.encode(new byte[9000], 0, 9000, true, KEY, FixedRandom.of(7));
    assertThat(DataBlob.kind(packed, packed.length)).isEqualTo(BlobKind.ENCRYPTED_ZSTD);
    for (byte[] blob : new byte[][] {small, packed}) {
      for (int length = 0; length < blob.length; length++) {
        int shorter = length;
        assertThatThrownBy(() -> EncryptedBlob.decode(blob, shorter, 1 << 20, KEY))
            .as("%d of %d bytes", length, blob.length)
            .isInstanceOf(BackupException.class);
      }
      for (int bit = 0; bit < blob.length * 8; bit++) {
        byte[] flipped = blob.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        assertThatThrownBy(() -> decode(flipped))
            .as("bit %d of %d bytes", bit, blob.length)
            .isInstanceOf(BackupException.class);
        // The cipher sees by itself what a matching CRC hides.
        if (bit >= 12 * 8) {
          DataBlob.writeCrc(flipped, flipped.length);
          refused(
              Kind.CORRUPT_DATA,
              "cannot be decrypted with key 0e:ab:d4:46:0b:6e:b9:ca: damaged, or of another key",
              () -> decode(flipped));
        }
      }
    }
  }

  @Test
  void refusesAnotherKey() throws IOException {
    byte[] blob = Golden.read("blob/hello-encrypted.bin");
    EncryptionKey other = EncryptionKey.generate(FixedRandom.of(3));
    refused(
        Kind.CORRUPT_DATA,
        "cannot be decrypted with key "
            + other.fingerprint().brief()
            + ": damaged, or of another key",
        () -> EncryptedBlob.decode(blob, blob.length, 100, other));
  }

  @Test
  void neverDecodesMoreThanTheLimit() throws IOException {
    byte[] small = Golden.read("blob/hello-encrypted.bin");
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 6 bytes, expected at most 5",
        () -> EncryptedBlob.decode(small, small.length, 5, KEY));
    byte[] packed = EncryptedBlob.encode(new byte[9000], 0, 9000, true, KEY, FixedRandom.of(7));
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 9000 bytes, expected at most 8999",
        () -> EncryptedBlob.decode(packed, packed.length, 8999, KEY));
  }

  @Test
  void eachCodecRefusesWhatTheOtherWrote() {
    BlobCodec encrypted = BlobCodec.encrypted(KEY, FixedRandom.of(1));
    byte[] plainBlob = BlobCodec.PLAIN.encode(HELLO, 0, 6, true);
    byte[] encryptedBlob = encrypted.encode(HELLO, 0, 6, true);
    assertThat(BlobCodec.PLAIN.decode(plainBlob, plainBlob.length, 6)).isEqualTo(HELLO);
    assertThat(encrypted.decode(encryptedBlob, encryptedBlob.length, 6)).isEqualTo(HELLO);
    refused(
        Kind.INVALID_INPUT,
        "data blob is not encrypted, expected an encrypted one",
        () -> encrypted.decode(plainBlob, plainBlob.length, 6));
    refused(
        Kind.INVALID_INPUT,
        "data blob is encrypted, expected a plain one",
        () -> BlobCodec.PLAIN.decode(encryptedBlob, encryptedBlob.length, 6));
    assertThat(encrypted.digest(HELLO, 0, 6)).isNotEqualTo(BlobCodec.PLAIN.digest(HELLO, 0, 6));
  }

  @Test
  void refusesToEncodeMoreThanReadersTake() {
    byte[] huge = new byte[DataBlob.BLOB_PLAIN_BYTES_MAX + 1];
    refused(
        Kind.INVALID_INPUT,
        "data blob too large (134217729 bytes).",
        () -> EncryptedBlob.encode(huge, 0, huge.length, true, KEY, FixedRandom.of(1)));
  }

  @Property(tries = 150)
  void whatIsEncodedIsDecodedAgain(
      @ForAll long seed,
      @ForAll @IntRange(max = 200_000) int length,
      @ForAll @IntRange(max = 100) int offset,
      @ForAll @IntRange(min = 1, max = 256) int symbols,
      @ForAll boolean compress) {
    Random random = new Random(seed);
    byte[] buffer = new byte[offset + length + 5];
    for (int i = 0; i < buffer.length; i++) {
      buffer[i] = (byte) random.nextInt(symbols);
    }
    byte[] blob = EncryptedBlob.encode(buffer, offset, length, compress, KEY, FixedRandom.of(seed));
    BlobKind kind = DataBlob.kind(blob, blob.length);
    assertThat(blob.length < 44 + length).isEqualTo(kind == BlobKind.ENCRYPTED_ZSTD);
    byte[] expected = Arrays.copyOfRange(buffer, offset, offset + length);
    assertThat(decode(blob)).isEqualTo(expected);
    // Room behind the blob, as in a pooled buffer, changes nothing.
    assertThat(EncryptedBlob.decode(Arrays.copyOf(blob, blob.length + 9), blob.length, length, KEY))
        .isEqualTo(expected);
  }

  private static byte[] decode(byte[] blob) {
    return EncryptedBlob.decode(blob, blob.length, DataBlob.BLOB_PLAIN_BYTES_MAX, KEY);
  }
}
