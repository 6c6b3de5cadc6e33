package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;

/**
 * Is a blob the chunk that it is said to be? Plain kinds are decoded and hashed; of encrypted ones
 * a node without the key can check the frame alone, since their digest covers the plain text and
 * the key (spec/formats.md §2.2, §3.1).
 */
public final class ChunkCheck {
  /** For {@link #stored} when the caller does not know the length of the content. */
  public static final int LENGTH_UNKNOWN = -1;

  private ChunkCheck() {}

  /**
   * Checks an uploaded chunk and makes it ready to be stored: the sender's CRC is not looked at but
   * written anew, in place (spec/protocols.md §4.5, POST dynamic_chunk, steps 2 and 3).
   *
   * @param plainBytes the announced length of the content, 1 … 16 MiB
   * @throws BackupException INVALID_INPUT for a wrong header, length or digest, CORRUPT_DATA for a
   *     bad zstd frame; the buffer is unchanged then
   */
  public static void upload(byte[] encoded, int length, Digest digest, int plainBytes) {
    BlobKind kind = DataBlob.kind(encoded, length);
    if (plainBytes < 1 || plainBytes > DataBlob.CHUNK_PLAIN_BYTES_MAX) {
      throw BackupException.invalid(
          "chunk of " + plainBytes + " bytes, expected 1 … " + DataBlob.CHUNK_PLAIN_BYTES_MAX);
    }
    if (!kind.encrypted()) {
      Content content = content(encoded, length, kind, plainBytes);
      if (content.bytes() != plainBytes) {
        throw BackupException.invalid(wrongLength(plainBytes, content.bytes()))
            .with("digest", digest);
      }
      if (!content.digest().equals(digest)) {
        throw BackupException.invalid("detected chunk with wrong digest.")
            .with("found", content.digest())
            .with("expected", digest);
      }
    }
    DataBlob.writeCrc(encoded, length);
  }

  /**
   * Checks a chunk as it came from a store or a peer: the CRC always, length and digest of plain
   * kinds.
   *
   * @param plainBytes what the index says of the length of the content, or {@link #LENGTH_UNKNOWN}
   * @throws BackupException CORRUPT_DATA naming the digest
   */
  public static void stored(byte[] encoded, int length, Digest digest, int plainBytes) {
    try {
      BlobKind kind = DataBlob.kind(encoded, length);
      DataBlob.checkCrc(encoded, length);
      checkContent(encoded, length, kind, digest, plainBytes);
    } catch (BackupException e) {
      throw new BackupException(
              BackupException.Kind.CORRUPT_DATA, "chunk " + digest + " is corrupt: " + e.text(), e)
          .with("digest", digest)
          .withFactsOf(e);
    }
  }

  private static void checkContent(
      byte[] encoded, int length, BlobKind kind, Digest digest, int plainBytes) {
    if (kind == BlobKind.ENCRYPTED_ZSTD) {
      return;
    }
    if (kind == BlobKind.ENCRYPTED) {
      int cipherBytes = length - DataBlob.ENCRYPTED_HEADER_BYTES; // GCM keeps the length
      if (plainBytes >= 0 && cipherBytes != plainBytes) {
        throw BackupException.corrupt(wrongLength(plainBytes, cipherBytes));
      }
      return;
    }
    Content content = content(encoded, length, kind, plainBytes);
    if (plainBytes >= 0 && content.bytes() != plainBytes) {
      throw BackupException.corrupt(wrongLength(plainBytes, content.bytes()));
    }
    if (!content.digest().equals(digest)) {
      throw BackupException.corrupt("content has digest " + content.digest());
    }
  }

  private record Content(int bytes, Digest digest) {}

  private static Content content(byte[] encoded, int length, BlobKind kind, int plainBytes) {
    int payloadBytes = length - DataBlob.HEADER_BYTES;
    if (!kind.compressed()) {
      return new Content(payloadBytes, Digest.sha256(encoded, DataBlob.HEADER_BYTES, payloadBytes));
    }
    byte[] plain =
        plainBytes < 0 || plainBytes > DataBlob.CHUNK_PLAIN_BYTES_MAX
            ? Zstandard.decompress(
                encoded, DataBlob.HEADER_BYTES, payloadBytes, DataBlob.CHUNK_PLAIN_BYTES_MAX)
            : Zstandard.decompressExpecting(
                encoded, DataBlob.HEADER_BYTES, payloadBytes, plainBytes);
    return new Content(plain.length, Digest.sha256(plain));
  }

  private static String wrongLength(int announced, int found) {
    return "detected chunk with wrong length (" + announced + " != " + found + ")";
  }
}
