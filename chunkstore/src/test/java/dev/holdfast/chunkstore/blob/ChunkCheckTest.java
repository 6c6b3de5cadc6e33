package dev.holdfast.chunkstore.blob;

import static dev.holdfast.chunkstore.testing.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.error.BackupException.Kind;
import dev.holdfast.chunkstore.model.Digest;
import dev.holdfast.chunkstore.testing.Golden;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * At stake: a chunk under a name that its content does not have poisons every later backup that
 * refers to it. Each way in which a chunk can be wrong has one text, which clients print.
 */
class ChunkCheckTest {
  private static final long SEED = 42;
  private static final byte[] HELLO = "Hello\n".getBytes(StandardCharsets.US_ASCII);
  private static final Digest HELLO_DIGEST = Digest.sha256(HELLO);
  private static final Digest OTHER = Digest.sha256(new byte[0]);

  @Test
  void uploadWithWrongCrcIsTakenAndGetsTheRightOne() throws IOException {
    for (String name : new String[] {"hello-plain", "hello-encrypted"}) {
      byte[] golden = Golden.read("blob/" + name + ".bin");
      byte[] sent = golden.clone();
      sent[9] ^= 0x55;
      ChunkCheck.upload(sent, sent.length, HELLO_DIGEST, 6);
      assertThat(sent).isEqualTo(golden);
    }
  }

  @Test
  void uploadOfWrongLengthOrDigestIsRefusedAndLeftAlone() throws IOException {
    byte[] plain = Golden.read("blob/hello-plain.bin");
    byte[] zstd = Golden.read("blob/zeros-4096-zstd.bin");
    byte[] unsized = Golden.read("blob/lines-zstd-without-size.bin");
    plain[8] ^= 1;
    byte[] before = plain.clone();
    refused(
        Kind.INVALID_INPUT,
        "detected chunk with wrong length (7 != 6)",
        () -> ChunkCheck.upload(plain, plain.length, HELLO_DIGEST, 7));
    refused(
        Kind.INVALID_INPUT,
        "detected chunk with wrong digest.",
        () -> ChunkCheck.upload(plain, plain.length, OTHER, 6));
    assertThat(plain).isEqualTo(before);
    for (int announced : new int[] {4095, 4097, 1, DataBlob.CHUNK_PLAIN_BYTES_MAX}) {
      refused(
          Kind.INVALID_INPUT,
          "detected chunk with wrong length (" + announced + " != 4096)",
          () -> ChunkCheck.upload(zstd, zstd.length, OTHER, announced));
      refused(
          Kind.INVALID_INPUT,
          "detected chunk with wrong length (" + announced + " != 15000)",
          () -> ChunkCheck.upload(unsized, unsized.length, OTHER, announced));
    }
    refused(
        Kind.INVALID_INPUT,
        "detected chunk with wrong digest.",
        () -> ChunkCheck.upload(zstd, zstd.length, OTHER, 4096));
  }

  @Test
  void uploadOutOfRangeIsRefused() throws IOException {
    byte[] plain = Golden.read("blob/hello-plain.bin");
    for (int bytes : new int[] {0, -1, DataBlob.CHUNK_PLAIN_BYTES_MAX + 1}) {
      refused(
          Kind.INVALID_INPUT,
          "chunk of " + bytes + " bytes, expected 1 … 16777216",
          () -> ChunkCheck.upload(plain, plain.length, HELLO_DIGEST, bytes));
    }
  }

  @Test
  void uploadedFrameThatIsDamagedOrBombIsRefused() {
    byte[] bomb = zeros(DataBlob.CHUNK_PLAIN_BYTES_MAX + 1);
    refused(
        Kind.CORRUPT_DATA,
        "data blob holds at least 16777217 bytes, expected at most 16777216",
        () -> ChunkCheck.upload(bomb, bomb.length, OTHER, 1));
    byte[] chunk = zeros(100_000);
    for (int length = DataBlob.HEADER_BYTES; length < chunk.length; length++) {
      int shorter = length;
      assertThatThrownBy(() -> ChunkCheck.upload(chunk, shorter, OTHER, 100_000))
          .as("%d bytes", length)
          .isInstanceOfSatisfying(
              BackupException.class,
              e -> assertThat(e.text()).startsWith("data blob holds no whole zstd frame: "));
    }
  }

  @Test
  void chunkOfLargestSizeIsTaken() {
    byte[] content = new byte[DataBlob.CHUNK_PLAIN_BYTES_MAX];
    new Random(SEED).nextBytes(content);
    byte[] chunk = DataBlob.encode(content, 0, content.length, true);
    assertThat(chunk.length).isLessThanOrEqualTo(DataBlob.CHUNK_ENCODED_BYTES_MAX);
    ChunkCheck.upload(chunk, chunk.length, Digest.sha256(content), content.length);
    ChunkCheck.stored(chunk, chunk.length, Digest.sha256(content), content.length);
  }

  @Test
  void storedChunkIsRefusedNamingItsDigest() throws IOException {
    byte[] plain = Golden.read("blob/hello-plain.bin");
    ChunkCheck.stored(plain, plain.length, HELLO_DIGEST, 6);
    ChunkCheck.stored(plain, plain.length, HELLO_DIGEST, ChunkCheck.LENGTH_UNKNOWN);
    String corrupt = "chunk " + HELLO_DIGEST + " is corrupt: ";
    refused(
        Kind.CORRUPT_DATA,
        corrupt + "blob too small (3 bytes).",
        () -> ChunkCheck.stored(plain, 3, HELLO_DIGEST, 6));
    refused(
        Kind.CORRUPT_DATA,
        corrupt + "detected chunk with wrong length (5 != 6)",
        () -> ChunkCheck.stored(plain, plain.length, HELLO_DIGEST, 5));
    refused(
        Kind.CORRUPT_DATA,
        "chunk " + OTHER + " is corrupt: content has digest " + HELLO_DIGEST,
        () -> ChunkCheck.stored(plain, plain.length, OTHER, 6));
    plain[14] ^= 1;
    refused(
        Kind.CORRUPT_DATA,
        corrupt + "Data blob has wrong CRC checksum.",
        () -> ChunkCheck.stored(plain, plain.length, HELLO_DIGEST, 6));
  }

  @Test
  void storedEncryptedChunkIsCheckedAsFarAsWithoutTheKey() throws IOException {
    byte[] encrypted = Golden.read("blob/hello-encrypted.bin");
    ChunkCheck.stored(encrypted, encrypted.length, OTHER, 6);
    ChunkCheck.stored(encrypted, encrypted.length, OTHER, ChunkCheck.LENGTH_UNKNOWN);
    refused(
        Kind.CORRUPT_DATA,
        "chunk " + OTHER + " is corrupt: detected chunk with wrong length (7 != 6)",
        () -> ChunkCheck.stored(encrypted, encrypted.length, OTHER, 7));
    encrypted[44] ^= 1;
    refused(
        Kind.CORRUPT_DATA,
        "chunk " + OTHER + " is corrupt: Data blob has wrong CRC checksum.",
        () -> ChunkCheck.stored(encrypted, encrypted.length, OTHER, 6));
  }

  private static byte[] zeros(int length) {
    return DataBlob.encode(new byte[length], 0, length, true);
  }
}
