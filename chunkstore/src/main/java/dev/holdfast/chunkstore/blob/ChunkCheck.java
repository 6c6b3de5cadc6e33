package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import java.util.function.Function;

/**
 * Is a blob the chunk that it is said to be? Plain kinds are decoded and hashed; of encrypted ones
 * a node without the key can check the frame alone, since their digest covers the plain text and
 * the key (spec/formats.md §2.2, §3.1).
 */
public final class ChunkCheck {
  /** For {@link #stored} when the caller does not know the length of the content. */
  public static final int LENGTH_UNKNOWN = -1;

  /** For contents that are looked at only to be hashed: one for each thread that checks. */
  private static final ChunkBuffers SCRATCH = new ChunkBuffers();

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
      Digest found =
          contentDigest(
              encoded,
              length,
              kind,
              plainBytes,
              text -> BackupException.invalid(text).with("digest", digest));
      if (!found.equals(digest)) {
        throw BackupException.invalid("detected chunk with wrong digest.")
            .with("found", found)
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
      requireLength(plainBytes, cipherBytes, BackupException::corrupt);
      return;
    }
    Digest found = contentDigest(encoded, length, kind, plainBytes, BackupException::corrupt);
    if (!found.equals(digest)) {
      throw BackupException.corrupt("content has digest " + found);
    }
  }

  /**
   * Of the content of a plain kind, whose length is looked at first.
   *
   * @param refused makes the error of a wrong length
   */
  private static Digest contentDigest(
      byte[] encoded,
      int length,
      BlobKind kind,
      int plainBytes,
      Function<String, BackupException> refused) {
    int payloadBytes = length - DataBlob.HEADER_BYTES;
    if (!kind.compressed()) {
      requireLength(plainBytes, payloadBytes, refused);
      return Digest.sha256(encoded, DataBlob.HEADER_BYTES, payloadBytes);
    }
    if (plainBytes < 0 || plainBytes > DataBlob.CHUNK_PLAIN_BYTES_MAX) {
      byte[] plain =
          Zstandard.decompress(
              encoded, DataBlob.HEADER_BYTES, payloadBytes, DataBlob.CHUNK_PLAIN_BYTES_MAX);
      requireLength(plainBytes, plain.length, refused);
      return Digest.sha256(plain);
    }
    byte[] scratch = SCRATCH.take(plainBytes);
    try {
      int found =
          Zstandard.decompressExpecting(
              scratch, encoded, DataBlob.HEADER_BYTES, payloadBytes, plainBytes);
      requireLength(plainBytes, found, refused);
      return Digest.sha256(scratch, 0, plainBytes);
    } finally {
      SCRATCH.give(scratch);
    }
  }

  private static void requireLength(
      int announced, int found, Function<String, BackupException> refused) {
    if (announced >= 0 && announced != found) {
      throw refused.apply("detected chunk with wrong length (" + announced + " != " + found + ")");
    }
  }
}
