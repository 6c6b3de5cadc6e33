package dev.holdfast.chunkstore.blob;

import static dev.holdfast.chunkstore.testing.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * At stake: every byte of every backup is in one of these. Golden files that our encoder did not
 * write are decoded and damaged in every bit; what is encoded is decoded again.
 */
class DataBlobTest {
  private static final byte[] HELLO = "Hello\n".getBytes(StandardCharsets.US_ASCII);

  @Test
  void magicsAreTheHashesOfTheirNames() {
    Map<BlobKind, String> names =
        Map.of(
            BlobKind.PLAIN, "Proxmox Backup uncompressed blob v1.0",
            BlobKind.ZSTD, "Proxmox Backup zstd compressed blob v1.0",
            BlobKind.ENCRYPTED, "Proxmox Backup encrypted blob v1.0",
            BlobKind.ENCRYPTED_ZSTD, "Proxmox Backup zstd compressed encrypted blob v1.0");
    assertThat(names).containsOnlyKeys(BlobKind.values());
    names.forEach(
        (kind, name) ->
            assertThat(kind.magic())
                .isEqualTo(Digest.sha256(name.getBytes(StandardCharsets.US_ASCII)).w0()));
  }

  @Test
  void decodesTheExamplesOfTheSpecification() throws IOException {
    assertThat(decode(Golden.read("blob/empty.bin"))).isEmpty();
    assertThat(decode(Golden.read("blob/hello-plain.bin"))).isEqualTo(HELLO);
    assertThat(decode(Golden.read("blob/zeros-4096-zstd.bin"))).isEqualTo(new byte[4096]);
  }

  @Test
  void decodesFrameThatDoesNotTellItsSize() throws IOException {
    byte[] blob = Golden.read("blob/lines-zstd-without-size.bin");
    assertThat(Zstd.getFrameContentSize(blob, 12, blob.length - 12)).isNegative();
    assertThat(decode(blob))
        .hasSize(15_000)
        .startsWith("00000 holdfast\n00001".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void encodesTheExamplesOfTheSpecification() throws IOException {
    assertThat(DataBlob.encode(new byte[0], 0, 0, true)).isEqualTo(Golden.read("blob/empty.bin"));
    assertThat(DataBlob.encode(HELLO, 0, 6, false)).isEqualTo(Golden.read("blob/hello-plain.bin"));
    assertThat(DataBlob.encode(HELLO, 0, 6, true)).isEqualTo(Golden.read("blob/hello-plain.bin"));
    assertThat(DataBlob.encode(HELLO, 1, 3, false))
        .endsWith("ell".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void writesCrcOfWhatFollowsTheHeader() throws IOException {
    for (String name : new String[] {"hello-plain", "hello-encrypted", "zeros-4096-zstd"}) {
      byte[] golden = Golden.read("blob/" + name + ".bin");
      byte[] blob = golden.clone();
      Arrays.fill(blob, 8, 12, (byte) 0);
      DataBlob.writeCrc(blob, blob.length);
      assertThat(blob).isEqualTo(golden);
    }
  }

  @Test
  void tellsKindsApart() throws IOException {
    byte[] encrypted = Golden.read("blob/hello-encrypted.bin");
    BlobKind kind = DataBlob.kind(encrypted, encrypted.length);
    assertThat(kind).isEqualTo(BlobKind.ENCRYPTED);
    assertThat(kind.headerBytes()).isEqualTo(44);
    DataBlob.checkCrc(encrypted, encrypted.length);
    refused(
        Kind.INVALID_INPUT,
        "data blob is encrypted, expected a plain one",
        () -> decode(encrypted));
  }

  @Test
  void refusesWhatHasNoHeader() throws IOException {
    byte[] encrypted = Golden.read("blob/hello-encrypted.bin");
    refused(Kind.INVALID_INPUT, "blob too small (11 bytes).", () -> DataBlob.kind(encrypted, 11));
    refused(Kind.INVALID_INPUT, "blob too small (0 bytes).", () -> DataBlob.kind(new byte[0], 0));
    refused(
        Kind.INVALID_INPUT,
        "encrypted blob too small (43 bytes).",
        () -> DataBlob.kind(encrypted, 43));
    refused(
        Kind.INVALID_INPUT,
        "unable to parse raw blob - wrong magic",
        () -> DataBlob.kind(new byte[12], 12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"empty", "hello-plain", "zeros-4096-zstd", "lines-zstd-without-size"})
  void refusesEveryTruncationAndEveryFlippedBit(String name) throws IOException {
    byte[] blob = Golden.read("blob/" + name + ".bin");
    for (int length = 0; length < blob.length; length++) {
      int shorter = length;
      assertThatThrownBy(() -> DataBlob.decode(blob, shorter, 1 << 20))
          .as("%d bytes of %s", length, name)
          .isInstanceOf(BackupException.class);
    }
    for (int bit = 0; bit < blob.length * 8; bit++) {
      byte[] flipped = flip(blob, bit);
      assertThatThrownBy(() -> decode(flipped))
          .as("bit %d of %s", bit, name)
          .isInstanceOf(BackupException.class);
    }
  }

  @Test
  void flippedBitOfEncryptedBlobIsSeenUnlessTheCipherSeesIt() throws IOException {
    byte[] blob = Golden.read("blob/hello-encrypted.bin");
    for (int bit = 0; bit < blob.length * 8; bit++) {
      byte[] flipped = flip(blob, bit);
      boolean ivOrTag = bit >= 12 * 8 && bit < 44 * 8; // GCM authenticates these
      if (ivOrTag) {
        DataBlob.checkCrc(flipped, flipped.length);
      } else {
        assertThatThrownBy(() -> DataBlob.checkCrc(flipped, flipped.length))
            .as("bit %d", bit)
            .isInstanceOf(BackupException.class);
      }
    }
  }

  @Test
  void neverDecodesMoreThanTheLimit() throws IOException {
    byte[] plain = Golden.read("blob/hello-plain.bin");
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 6 bytes, expected at most 5",
        () -> DataBlob.decode(plain, plain.length, 5));
    byte[] sized = Golden.read("blob/zeros-4096-zstd.bin");
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 4096 bytes, expected at most 4095",
        () -> DataBlob.decode(sized, sized.length, 4095));
    byte[] unsized = Golden.read("blob/lines-zstd-without-size.bin");
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 15000 bytes, expected at most 14999",
        () -> DataBlob.decode(unsized, unsized.length, 14_999));
    assertThat(DataBlob.decode(unsized, unsized.length, 15_000)).hasSize(15_000);
  }

  @Test
  void allocatesNothingForFrameThatClaimsTooMuch() {
    // A frame header that announces 2^60 bytes, and nothing behind it.
    byte[] blob =
        HexFormat.of().parseHex("31b958426fb6a37f00000000" + "28b52ffde0" + "0000000000000010");
    DataBlob.writeCrc(blob, blob.length);
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 1152921504606846976 bytes, expected at most 16777216",
        () -> DataBlob.decode(blob, blob.length, DataBlob.CHUNK_PLAIN_BYTES_MAX));
  }

  @Test
  void refusesToEncodeMoreThanReadersTake() {
    byte[] huge = new byte[DataBlob.BLOB_PLAIN_BYTES_MAX + 1];
    refused(
        Kind.INVALID_INPUT,
        "data blob too large (134217729 bytes).",
        () -> DataBlob.encode(huge, 0, huge.length, true));
  }

  @Property(tries = 300)
  void whatIsEncodedIsDecodedAgain(
      @ForAll long seed,
      @ForAll @IntRange(max = 100_000) int length,
      @ForAll @IntRange(max = 100) int offset,
      @ForAll @IntRange(min = 1, max = 256) int symbols,
      @ForAll boolean compress) {
    Random random = new Random(seed);
    byte[] buffer = new byte[offset + length + 5];
    for (int i = 0; i < buffer.length; i++) {
      buffer[i] = (byte) random.nextInt(symbols);
    }
    byte[] blob = DataBlob.encode(buffer, offset, length, compress);
    BlobKind kind = DataBlob.kind(blob, blob.length);
    assertThat(blob.length < 12 + length).isEqualTo(kind == BlobKind.ZSTD);
    assertThat(blob.length).isLessThanOrEqualTo(12 + length);
    byte[] expected = Arrays.copyOfRange(buffer, offset, offset + length);
    assertThat(decode(blob)).isEqualTo(expected);
    // Room behind the blob, as in a pooled buffer, changes nothing.
    assertThat(DataBlob.decode(Arrays.copyOf(blob, blob.length + 9), blob.length, length))
        .isEqualTo(expected);
  }

  private static byte[] flip(byte[] blob, int bit) {
    byte[] flipped = blob.clone();
    flipped[bit / 8] ^= (byte) (1 << (bit % 8));
    return flipped;
  }

  private static byte[] decode(byte[] blob) {
    return DataBlob.decode(blob, blob.length, DataBlob.BLOB_PLAIN_BYTES_MAX);
  }
}
