package dev.holdfast.chunkstore.blob;

import dev.holdfast.chunkstore.crypto.EncryptionKey;
import dev.holdfast.chunkstore.error.BackupException;
import dev.holdfast.chunkstore.model.Digest;
import java.security.SecureRandom;

/**
 * How the chunks and blobs of an archive are named, packed and opened: in the clear, or with a key
 * (spec/formats.md §3.4). Each refuses what the other wrote: an archive that is said to be
 * encrypted holds no plain chunk that somebody slipped in. Any thread, but no event loop.
 */
public sealed interface BlobCodec {
  /** Archives with crypt mode {@code none} and {@code sign-only}. */
  BlobCodec PLAIN = new Plain();

  /**
   * Archives with crypt mode {@code encrypt}.
   *
   * @param random makes the IV of each blob
   */
  static BlobCodec encrypted(EncryptionKey key, SecureRandom random) {
    return new Encrypted(key, random);
  }

  /** The name of a chunk with this content. */
  Digest digest(byte[] plain, int offset, int length);

  /** As {@link DataBlob#encode}. */
  byte[] encode(byte[] plain, int offset, int length, boolean compress);

  /**
   * As {@link DataBlob#encodeInto}.
   *
   * @param target has room for {@code length} bytes and {@link #headerBytes}
   */
  int encodeInto(byte[] target, byte[] plain, int offset, int length, boolean compress);

  /** What a blob has in front of its content. */
  int headerBytes();

  /**
   * As {@link DataBlob#decode}.
   *
   * @throws BackupException also INVALID_INPUT for a blob that the other one wrote
   */
  byte[] decode(byte[] encoded, int length, int plainBytesMax);

  /** As {@link DataBlob#decodeInto}, with the errors of {@link #decode}. */
  int decodeInto(byte[] target, byte[] encoded, int length, int plainBytes);

  /** No key. */
  record Plain() implements BlobCodec {
    @Override
    public Digest digest(byte[] plain, int offset, int length) {
      return Digest.sha256(plain, offset, length);
    }

    @Override
    public byte[] encode(byte[] plain, int offset, int length, boolean compress) {
      return DataBlob.encode(plain, offset, length, compress);
    }

    @Override
    public int encodeInto(byte[] target, byte[] plain, int offset, int length, boolean compress) {
      return DataBlob.encodeInto(target, plain, offset, length, compress);
    }

    @Override
    public int headerBytes() {
      return DataBlob.HEADER_BYTES;
    }

    @Override
    public byte[] decode(byte[] encoded, int length, int plainBytesMax) {
      return DataBlob.decode(encoded, length, plainBytesMax);
    }

    @Override
    public int decodeInto(byte[] target, byte[] encoded, int length, int plainBytes) {
      return DataBlob.decodeInto(target, encoded, length, plainBytes);
    }
  }

  /** With a key. */
  record Encrypted(EncryptionKey key, SecureRandom random) implements BlobCodec {
    @Override
    public Digest digest(byte[] plain, int offset, int length) {
      return key.digest(plain, offset, length);
    }

    @Override
    public byte[] encode(byte[] plain, int offset, int length, boolean compress) {
      return EncryptedBlob.encode(plain, offset, length, compress, key, random);
    }

    @Override
    public int encodeInto(byte[] target, byte[] plain, int offset, int length, boolean compress) {
      return EncryptedBlob.encodeInto(target, plain, offset, length, compress, key, random);
    }

    @Override
    public int headerBytes() {
      return DataBlob.ENCRYPTED_HEADER_BYTES;
    }

    @Override
    public byte[] decode(byte[] encoded, int length, int plainBytesMax) {
      return EncryptedBlob.decode(encoded, length, plainBytesMax, key);
    }

    @Override
    public int decodeInto(byte[] target, byte[] encoded, int length, int plainBytes) {
      return EncryptedBlob.decodeInto(target, encoded, length, plainBytes, key);
    }
  }
}
