package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Encodes and decodes the two encrypted kinds of {@link DataBlob}: content is compressed first,
 * then encrypted; the IV is random for each blob. What is said there of buffers and threads holds
 * here.
 */
public final class EncryptedBlob {
  private static final int IV_AT = DataBlob.HEADER_BYTES;
  private static final int TAG_AT = IV_AT + EncryptionKey.IV_BYTES;

  private EncryptedBlob() {}

  /** As {@link DataBlob#encode}, encrypted. */
  public static byte[] encode(
      byte[] plain,
      int offset,
      int length,
      boolean compress,
      EncryptionKey key,
      SecureRandom random) {
    DataBlob.requireEncodable(length);
    byte @Nullable [] packed = compress ? new byte[length] : null;
    int packedBytes =
        packed == null ? -1 : Zstandard.compressInto(packed, 0, plain, offset, length);
    return packed != null && packedBytes >= 0
        ? sealed(BlobKind.ENCRYPTED_ZSTD, packed, 0, packedBytes, key, random)
        : sealed(BlobKind.ENCRYPTED, plain, offset, length, key, random);
  }

  private static byte[] sealed(
      BlobKind kind,
      byte[] payload,
      int offset,
      int length,
      EncryptionKey key,
      SecureRandom random) {
    byte[] blob = new byte[DataBlob.ENCRYPTED_HEADER_BYTES + length];
    byte[] iv = new byte[EncryptionKey.IV_BYTES];
    random.nextBytes(iv);
    byte[] tag = key.seal(iv, payload, offset, length, blob, DataBlob.ENCRYPTED_HEADER_BYTES);
    System.arraycopy(iv, 0, blob, IV_AT, iv.length);
    System.arraycopy(tag, 0, blob, TAG_AT, tag.length);
    DataBlob.writeHeader(blob, kind);
    return blob;
  }

  /**
   * The content, after checking header, CRC and tag. Whether it is the content of a certain chunk,
   * {@link EncryptionKey#digest} tells.
   *
   * @throws BackupException INVALID_INPUT for a wrong header or a plain kind, CORRUPT_DATA for a
   *     wrong CRC, another key, a bad zstd frame or too much content
   */
  public static byte[] decode(byte[] encoded, int length, int plainBytesMax, EncryptionKey key) {
    BlobKind kind = DataBlob.kind(encoded, length);
    if (!kind.encrypted()) {
      throw BackupException.invalid("data blob is not encrypted, expected an encrypted one");
    }
    DataBlob.checkCrc(encoded, length);
    int payloadBytes = length - DataBlob.ENCRYPTED_HEADER_BYTES;
    if (!kind.compressed() && payloadBytes > plainBytesMax) {
      throw DataBlob.tooMuch(payloadBytes, plainBytesMax);
    }
    byte[] iv = Arrays.copyOfRange(encoded, IV_AT, TAG_AT);
    byte[] tag = Arrays.copyOfRange(encoded, TAG_AT, DataBlob.ENCRYPTED_HEADER_BYTES);
    byte[] payload = key.open(iv, tag, encoded, DataBlob.ENCRYPTED_HEADER_BYTES, payloadBytes);
    return kind.compressed()
        ? Zstandard.decompress(payload, 0, payload.length, plainBytesMax)
        : payload;
  }
}
