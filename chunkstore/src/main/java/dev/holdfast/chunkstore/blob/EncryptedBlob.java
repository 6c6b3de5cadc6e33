package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Encodes and decodes the two encrypted kinds of {@link DataBlob}: content is compressed first,
 * then encrypted; the IV is random for each blob. What is said there of buffers and threads holds
 * here.
 */
public final class EncryptedBlob {
  private static final int IV_AT = DataBlob.HEADER_BYTES;
  private static final int TAG_AT = IV_AT + EncryptionKey.IV_BYTES;

  /** For compressed content on its way to be encrypted. */
  private static final ChunkBuffers SCRATCH = new ChunkBuffers();

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
    byte[] blob = new byte[DataBlob.ENCRYPTED_HEADER_BYTES + length];
    int blobBytes = encodeInto(blob, plain, offset, length, compress, key, random);
    return blobBytes == blob.length ? blob : Arrays.copyOf(blob, blobBytes);
  }

  /**
   * As {@link DataBlob#encodeInto}, encrypted.
   *
   * @param target has room for {@code length} bytes and {@link DataBlob#ENCRYPTED_HEADER_BYTES}
   */
  public static int encodeInto(
      byte[] target,
      byte[] plain,
      int offset,
      int length,
      boolean compress,
      EncryptionKey key,
      SecureRandom random) {
    DataBlob.requireEncodable(length);
    if (!compress) {
      return sealed(BlobKind.ENCRYPTED, target, plain, offset, length, key, random);
    }
    byte[] packed = SCRATCH.take(length);
    try {
      int packedBytes = Zstandard.compressInto(packed, 0, plain, offset, length);
      return packedBytes >= 0
          ? sealed(BlobKind.ENCRYPTED_ZSTD, target, packed, 0, packedBytes, key, random)
          : sealed(BlobKind.ENCRYPTED, target, plain, offset, length, key, random);
    } finally {
      SCRATCH.give(packed);
    }
  }

  private static int sealed(
      BlobKind kind,
      byte[] target,
      byte[] payload,
      int offset,
      int length,
      EncryptionKey key,
      SecureRandom random) {
    byte[] iv = new byte[EncryptionKey.IV_BYTES];
    random.nextBytes(iv);
    byte[] tag = key.seal(iv, payload, offset, length, target, DataBlob.ENCRYPTED_HEADER_BYTES);
    System.arraycopy(iv, 0, target, IV_AT, iv.length);
    System.arraycopy(tag, 0, target, TAG_AT, tag.length);
    int blobBytes = DataBlob.ENCRYPTED_HEADER_BYTES + length;
    DataBlob.writeHeader(target, blobBytes, kind);
    return blobBytes;
  }

  /**
   * The content, after checking header, CRC and tag. Whether it is the content of a certain chunk,
   * {@link EncryptionKey#digest} tells.
   *
   * @throws BackupException INVALID_INPUT for a wrong header or a plain kind, CORRUPT_DATA for a
   *     wrong CRC, another key, a bad zstd frame or too much content
   */
  public static byte[] decode(byte[] encoded, int length, int plainBytesMax, EncryptionKey key) {
    BlobKind kind = encryptedKind(encoded, length);
    DataBlob.checkCrc(encoded, length);
    int payloadBytes = length - DataBlob.ENCRYPTED_HEADER_BYTES;
    if (!kind.compressed() && payloadBytes > plainBytesMax) {
      throw DataBlob.tooMuch(payloadBytes, plainBytesMax);
    }
    byte[] payload = opened(encoded, payloadBytes, key);
    return kind.compressed()
        ? Zstandard.decompress(payload, 0, payload.length, plainBytesMax)
        : payload;
  }

  /** As {@link DataBlob#decodeInto}, with the errors of {@link #decode}. */
  public static int decodeInto(
      byte[] target, byte[] encoded, int length, int plainBytes, EncryptionKey key) {
    BlobKind kind = encryptedKind(encoded, length);
    DataBlob.checkCrc(encoded, length);
    byte[] payload = opened(encoded, length - DataBlob.ENCRYPTED_HEADER_BYTES, key);
    return DataBlob.contentInto(target, kind, payload, 0, payload.length, plainBytes);
  }

  private static BlobKind encryptedKind(byte[] encoded, int length) {
    BlobKind kind = DataBlob.kind(encoded, length);
    if (!kind.encrypted()) {
      throw BackupException.invalid("data blob is not encrypted, expected an encrypted one");
    }
    return kind;
  }

  private static byte[] opened(byte[] encoded, int payloadBytes, EncryptionKey key) {
    byte[] iv = Arrays.copyOfRange(encoded, IV_AT, TAG_AT);
    byte[] tag = Arrays.copyOfRange(encoded, TAG_AT, DataBlob.ENCRYPTED_HEADER_BYTES);
    return key.open(iv, tag, encoded, DataBlob.ENCRYPTED_HEADER_BYTES, payloadBytes);
  }
}
