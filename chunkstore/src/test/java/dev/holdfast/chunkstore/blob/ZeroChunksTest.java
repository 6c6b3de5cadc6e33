package dev.holdfast.chunkstore.blob;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.testing.TestKeys;
import java.security.SecureRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** At stake: a chunk that is not all zeros must never get their name. */
class ZeroChunksTest {
  private static final int BYTES_MAX = 300_000;

  @Property(tries = 200)
  void everyChunkHasTheNameThatHashingGives(
      @ForAll @IntRange(min = 1, max = BYTES_MAX) int length,
      @ForAll @IntRange(min = 0, max = BYTES_MAX) int place,
      @ForAll byte value) {
    ZeroChunks zeros = new ZeroChunks(BlobCodec.PLAIN);
    // What lies behind the content is left from another chunk.
    byte[] plain = new byte[BYTES_MAX + 1];
    plain[place] = value;

    assertThat(zeros.digest(plain, length)).isEqualTo(BlobCodec.PLAIN.digest(plain, 0, length));
    assertThat(zeros.digest(length)).isEqualTo(zeros.digest(new byte[length], length));
  }

  @Test
  void namesOfEncryptedZerosAreTheKeys() {
    BlobCodec codec = BlobCodec.encrypted(TestKeys.ofSpecification(), new SecureRandom());
    assertThat(new ZeroChunks(codec).digest(new byte[100], 100))
        .isEqualTo(codec.digest(new byte[100], 0, 100))
        .isNotEqualTo(new ZeroChunks(BlobCodec.PLAIN).digest(100));
  }
}
